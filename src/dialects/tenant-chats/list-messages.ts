import type { InputOf, Message, Page } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { decodeChatId } from './chat.ts';
import { message } from './message.ts';
import { listFacts, pageQuery } from './page.ts';
import type { MessageList, MessagesRequest } from './wire.ts';

const page = pageQuery('asc');

const request: Codec<MessagesRequest, InputOf<'list-messages'>> = {
  decode: ({ params, query }) => ({ conversationId: decodeChatId(params.chat_id), page: page.decode(query) }),
  encode: (input) => ({
    params: { chat_id: input.conversationId },
    query: page.encode(input.page),
    headers: {},
    body: undefined,
  }),
};

const response: Codec<WireResponse<MessageList>, Page<Message>> = {
  decode: ({ body }, { conversationId = '' }) => ({
    entries: body.messages.map((entry, index) =>
      message.decode(entry, { conversationId, sequence: body.offset + index + 1 }),
    ),
    ...listFacts.decode(body),
  }),
  encode: (list) => ({
    status: 200,
    headers: {},
    body: { messages: list.entries.map(message.encode), ...listFacts.encode(list) },
  }),
};

export const listMessages = defineEndpoint<'list-messages', MessagesRequest, MessageList>({
  operation: 'list-messages',
  method: 'GET',
  paths: ['/api/v1/chats/:chat_id/messages'],
  schema: {
    request: 'tenant-chats/list-messages.request.json',
    response: 'tenant-chats/list-messages.response.json',
  },
  carries: ['conversationId', 'page', 'output.entries', 'output.total', 'output.offset', 'output.limit'],
  request,
  response,
});
