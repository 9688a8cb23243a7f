import { type Conversation, defined, type InputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { chat, chatFields } from './chat.ts';
import { decodeMetadata } from './metadata.ts';
import { userId } from './values.ts';
import type { Chat, CreateRequest } from './wire.ts';

const request: Codec<CreateRequest, InputOf<'create-conversation'>> = {
  decode: ({ body }) =>
    defined({
      participant: userId.decode(body.user_id),
      title: body.title || undefined, // an empty title asks for one to be made up, as a missing one does
      metadata: decodeMetadata(body.metadata) ?? {},
    }),
  encode: ({ participant, title, metadata }) => ({
    params: {},
    query: {},
    headers: {},
    body: defined({ user_id: userId.encode(participant), title, metadata }),
  }),
};

const response: Codec<WireResponse<Chat>, Conversation> = {
  decode: ({ body }) => chat.decode(body),
  encode: (conversation) => ({ status: 201, headers: {}, body: chat.encode(conversation) }),
};

export const createConversation = defineEndpoint<'create-conversation', CreateRequest, Chat>({
  operation: 'create-conversation',
  method: 'POST',
  status: 201,
  // The framework would answer the second with a redirect, on which clients lose headers and body.
  paths: ['/api/v1/chats/', '/api/v1/chats'],
  schema: {
    request: 'tenant-chats/create-conversation.request.json',
    response: 'tenant-chats/create-conversation.response.json',
  },
  carries: ['participant', 'title', 'metadata', ...chatFields],
  request,
  response,
});
