import { defined, type InputOf, type Message, type Page } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { storedMessage } from './message.ts';
import { productFields } from './product.ts';
import { chatId } from './values.ts';
import type { ListMessagesRequest, MessagePage } from './wire.ts';

/** Our choice: the documents name no page size. */
const defaultSize = 20;

const request: Codec<ListMessagesRequest, InputOf<'list-messages'>> = {
  decode({ params, query }) {
    const limit = Number(query.size ?? query.limit ?? defaultSize);
    const offset = (Number(query.page ?? 1) - 1) * limit;
    return { conversationId: chatId.decode(params), page: { offset, limit, order: 'ascending' } };
  },
  encode: ({ conversationId, page: { offset, limit } }) => ({
    params: chatId.encode(conversationId),
    query: defined({
      page: offset < limit ? undefined : String(Math.floor(offset / limit) + 1),
      size: limit === defaultSize ? undefined : String(limit),
    }),
    headers: {},
    body: undefined,
  }),
};

const response: Codec<WireResponse<MessagePage>, Page<Message>> = {
  decode({ body: { items, totalItems, size, currentPage } }) {
    const offset = (currentPage - 1) * size;
    const entries = items.map((item, index) => storedMessage.decode(item, offset + index + 1));
    return { entries, total: totalItems, offset, limit: size };
  },
  encode({ entries, total, offset, limit }, exchange) {
    const totalPages = Math.ceil(total / limit);
    const currentPage = Math.floor(offset / limit) + 1;
    const hasPrevPage = currentPage > 1;
    const hasNextPage = currentPage < totalPages;
    const body: MessagePage = {
      items: entries.map((message) => storedMessage.encode(message, exchange)),
      totalItems: total,
      size: limit,
      totalPages,
      currentPage,
      hasPrevPage,
      hasNextPage,
      prevPage: hasPrevPage ? currentPage - 1 : null,
      nextPage: hasNextPage ? currentPage + 1 : null,
    };
    return { status: 200, headers: {}, body };
  },
};

export const listMessages = defineEndpoint<'list-messages', ListMessagesRequest, MessagePage>({
  operation: 'list-messages',
  method: 'GET',
  paths: ['/v1/chats/:chatId/messages'],
  schema: { request: 'homie/list-messages.request.json', response: 'homie/list-messages.response.json' },
  carries: [
    'conversationId',
    'page',
    'output.entries',
    'output.total',
    'output.offset',
    'output.limit',
    ...productFields,
  ],
  request,
  response,
});
