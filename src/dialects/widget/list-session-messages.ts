import type { InputOf, Message, Page } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { message } from './message.ts';
import { ask, session, succeed } from './session.ts';
import type { HistoryRequest, MessageList } from './wire.ts';

const request: Codec<HistoryRequest, InputOf<'list-session-messages'>> = {
  decode: ({ query }) => ({
    participant: session.decode(query),
    // The newest: a visitor who comes back wants the end of the conversation. `offset` leads into its past. Our choice.
    page: { offset: Number(query.offset ?? '0'), limit: Number(query.limit ?? '50'), order: 'descending' },
  }),
  encode: ({ participant, page }) =>
    ask({ ...session.encode(participant), limit: String(page.limit), offset: String(page.offset) }),
};

const response: Codec<WireResponse<MessageList>, Page<Message>> = {
  decode({ body }, { conversationId = '' }) {
    const entries = body.messages.map((entry) => message.decode(entry, conversationId));
    return { entries, total: entries.length, offset: 0, limit: entries.length };
  },
  /** Oldest first, as they are read. */
  encode: ({ entries }) =>
    succeed({ messages: entries.toSorted((one, other) => one.sequence - other.sequence).map(message.encode) }),
};

export const listSessionMessages = defineEndpoint<'list-session-messages', HistoryRequest, MessageList>({
  operation: 'list-session-messages',
  method: 'GET',
  paths: ['/api/v1/chat/history'],
  schema: {
    request: 'widget/list-session-messages.request.json',
    response: 'widget/list-session-messages.response.json',
  },
  carries: ['participant', 'page', 'output.entries'],
  request,
  response,
});
