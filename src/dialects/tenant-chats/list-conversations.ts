import type { Conversation, InputOf, Page } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { chat } from './chat.ts';
import { listFacts, pageQuery } from './page.ts';
import { userId } from './values.ts';
import type { ChatList, ListRequest } from './wire.ts';

const page = pageQuery('desc');

const request: Codec<ListRequest, InputOf<'list-conversations'>> = {
  decode: ({ params, query }) => ({ participant: userId.decode(params.user_id), page: page.decode(query) }),
  encode: (input) => ({
    params: { user_id: userId.encode(input.participant) },
    query: page.encode(input.page),
    headers: {},
    body: undefined,
  }),
};

const response: Codec<WireResponse<ChatList>, Page<Conversation>> = {
  decode: ({ body }) => ({ entries: body.chats.map(chat.decode), ...listFacts.decode(body) }),
  encode: (list) => ({
    status: 200,
    headers: {},
    body: { chats: list.entries.map(chat.encodeCounted), ...listFacts.encode(list) },
  }),
};

export const listConversations = defineEndpoint<'list-conversations', ListRequest, ChatList>({
  operation: 'list-conversations',
  method: 'GET',
  paths: ['/api/v1/chats/user/:user_id'],
  schema: {
    request: 'tenant-chats/list-conversations.request.json',
    response: 'tenant-chats/list-conversations.response.json',
  },
  carries: ['participant', 'page', 'output.entries', 'output.total', 'output.offset', 'output.limit'],
  request,
  response,
});
