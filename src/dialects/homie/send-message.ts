import { defined, type Reply, type Turn } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { answer } from './message.ts';
import { productFields } from './product.ts';
import { chatId } from './values.ts';
import type { AddMessageRequest, ChatMessage } from './wire.ts';

const request: Codec<AddMessageRequest, Turn> = {
  decode: ({ params, query: { store }, body }) =>
    defined({
      text: body.message,
      attachments: [],
      delivery: 'stream' as const, // the answer is one document, but the chat's followers are told how it grows
      participant: {},
      conversationId: chatId.decode(params),
      pageUrl: body.currentUrl || undefined, // the wire demands the field: '' says that there is no page
      activity: [],
      extra: store === undefined ? undefined : { store },
    }),
  encode: (turn) => ({
    params: chatId.encode(turn.conversationId),
    query: typeof turn.extra?.['store'] === 'string' ? { store: turn.extra['store'] } : {},
    headers: {},
    body: { message: turn.text, currentUrl: turn.pageUrl ?? '' },
  }),
};

const response: Codec<WireResponse<ChatMessage>, Reply> = {
  decode: ({ body }) => answer.decode(body),
  encode: (reply, exchange) => ({ status: 201, headers: {}, body: answer.encode(reply, exchange) }),
};

export const sendMessage = defineEndpoint<'send-message', AddMessageRequest, ChatMessage>({
  operation: 'send-message',
  method: 'POST',
  status: 201,
  paths: ['/v1/chats/:chatId/messages'],
  schema: { request: 'homie/send-message.request.json', response: 'homie/send-message.response.json' },
  carries: [
    'text',
    'conversationId',
    'pageUrl',
    'extra',
    'output.id',
    'output.conversationId',
    'output.text',
    'output.items',
    'output.suggestions',
    'output.createdAt',
    ...productFields,
  ],
  request,
  response,
});
