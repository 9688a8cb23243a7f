import type { Dialect } from '../dialect.ts';
import { createConversation } from './create-conversation.ts';
import { deleteConversation } from './delete-conversation.ts';
import { errors } from './errors.ts';
import { followConversation } from './follow-conversation.ts';
import { getConversation } from './get-conversation.ts';
import { listConversations } from './list-conversations.ts';
import { listMessages } from './list-messages.ts';

/** Source: `seeds/003`, and the vendor's pages on lists, messages, deletion and the WebSocket. */
export const tenantChats: Dialect = {
  name: 'tenant-chats',
  title: 'Lexicon Labs, Chats API',
  prefixes: ['/api/v1/chats', '/ws'],
  credential: { kind: 'key', headers: ['x-api-key'], socketQuery: 'api_key' },
  conversationIds: 'uuid',
  unknownConversations: 'refuse',
  // In the order of matching: `/user/…` would otherwise be a chat's id.
  endpoints: [createConversation, listConversations, getConversation, listMessages, deleteConversation],
  sockets: [followConversation],
  errors,
};
