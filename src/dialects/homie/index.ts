import type { Dialect } from '../dialect.ts';
import { createConversation } from './create-conversation.ts';
import { errors } from './errors.ts';
import { followConversation } from './follow-conversation.ts';
import { listMessages } from './list-messages.ts';
import { sendMessage } from './send-message.ts';

/** Source: `seeds/000`, and the vendor's API reference for what it leaves out. */
export const homie: Dialect = {
  name: 'homie',
  title: 'Homie AI shopping assistant',
  prefixes: ['/v1/chats'],
  credential: { kind: 'key', headers: ['x-api-key', 'authorization'] },
  conversationIds: 'uuid',
  unknownConversations: 'refuse',
  endpoints: [createConversation, sendMessage, listMessages, followConversation],
  errors,
};
