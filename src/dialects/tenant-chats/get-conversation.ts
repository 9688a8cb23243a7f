import type { Conversation } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { chat, chatFields, chatReference } from './chat.ts';
import type { ChatRequest, SingleChat } from './wire.ts';

const response: Codec<WireResponse<SingleChat>, Conversation> = {
  decode: ({ body }) => chat.decode(body),
  encode: (conversation) => ({ status: 200, headers: {}, body: chat.encodeSingle(conversation) }),
};

export const getConversation = defineEndpoint<'get-conversation', ChatRequest, SingleChat>({
  operation: 'get-conversation',
  method: 'GET',
  paths: ['/api/v1/chats/:chat_id'],
  schema: {
    request: 'tenant-chats/get-conversation.request.json',
    response: 'tenant-chats/get-conversation.response.json',
  },
  carries: ['conversationId', ...chatFields, 'output.messageCount', 'output.status'],
  request: chatReference,
  response,
});
