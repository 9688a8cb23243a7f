import type { OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { chatReference } from './chat.ts';
import { timestamp } from './values.ts';
import type { ChatRequest, Deletion } from './wire.ts';

const response: Codec<WireResponse<Deletion>, OutputOf<'delete-conversation'>> = {
  decode: ({ body }) => ({ deletedAt: timestamp.decode(body.deleted_at) }),
  encode: ({ deletedAt }) => ({
    status: 200,
    headers: {},
    body: { success: true, message: 'Chat deleted successfully', deleted_at: timestamp.encode(deletedAt) },
  }),
};

export const deleteConversation = defineEndpoint<'delete-conversation', ChatRequest, Deletion>({
  operation: 'delete-conversation',
  method: 'DELETE',
  paths: ['/api/v1/chats/:chat_id'],
  schema: {
    request: 'tenant-chats/delete-conversation.request.json',
    response: 'tenant-chats/delete-conversation.response.json',
  },
  carries: ['conversationId', 'output.deletedAt'],
  request: chatReference,
  response,
});
