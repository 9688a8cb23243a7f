import { type ActivityEvent, defined, type Item, type Reply, type Turn } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { defaultLimit, readInteger } from './limit.ts';
import type { ChatItem, ChatRequest, ChatRequestEvent, ChatResponse } from './wire.ts';

/** What an item's codec pair carries. */
export const itemFields = ['item.id', 'item.title', 'item.status', 'item.description', 'item.price'] as const;

/** What is not known is null, as the framework writes it; a status that is not known is the seed's `active`. */
export const item = {
  decode: (wire: ChatItem): Item =>
    defined({
      id: wire.item_id,
      title: wire.title,
      status: wire.status,
      description: wire.description ?? undefined,
      price: wire.price ?? undefined,
    }),
  encode: ({ id, title, status, description, price }: Item): ChatItem => ({
    item_id: id,
    title,
    status: status ?? 'active',
    description: description ?? null,
    price: price ?? null,
  }),
};

const request: Codec<ChatRequest, Turn> = {
  decode: ({ body }) =>
    defined({
      text: body.message,
      attachments: [],
      delivery: 'whole',
      participant: defined({ userId: body.user_id || undefined, sessionId: body.session_id || undefined }),
      conversationId: body.conversation_id || undefined,
      activity: (body.events ?? []).map(event.decode),
      itemLimit: body.limit === undefined ? defaultLimit : readInteger(body.limit),
    }),
  encode: ({ text, conversationId, participant, activity, itemLimit }) => ({
    params: {},
    query: {},
    headers: {},
    body: defined({
      message: text,
      conversation_id: conversationId,
      session_id: participant.sessionId,
      user_id: participant.userId,
      events: activity.length === 0 ? undefined : activity.map(event.encode),
      limit: itemLimit === defaultLimit ? undefined : itemLimit,
    }),
  }),
};

const event = {
  decode: ({ timestamp, type, item_id, description }: ChatRequestEvent): ActivityEvent =>
    defined({ timestamp, type, itemId: item_id ?? undefined, description: description ?? undefined }),
  encode: ({ timestamp, type, itemId, description }: ActivityEvent): ChatRequestEvent =>
    defined({ timestamp, type, item_id: itemId, description }),
};

/** Items are not cut here: `itemLimit` binds whoever answers, and what was stored is what is shown. */
const response: Codec<WireResponse<ChatResponse>, Reply> = {
  decode: ({ body }, { replyId, receivedAt }) => ({
    id: replyId,
    conversationId: body.conversation_id,
    text: body.message,
    items: body.items.map(item.decode),
    suggestions: [],
    finishReason: 'stop',
    createdAt: receivedAt,
  }),
  encode: (reply, { conversationId }) => ({
    status: 200,
    headers: {},
    body: { conversation_id: conversationId ?? '', message: reply.text, items: reply.items.map(item.encode) },
  }),
};

export const sendMessage = defineEndpoint<'send-message', ChatRequest, ChatResponse>({
  operation: 'send-message',
  method: 'POST',
  paths: ['/v1/chat', '/chat', '/v1/chat/', '/chat/'],
  schema: {
    request: 'item-discovery/send-message.request.json',
    response: 'item-discovery/send-message.response.json',
  },
  carries: [
    'text',
    'participant',
    'conversationId',
    'activity',
    'itemLimit',
    'output.conversationId',
    'output.text',
    'output.items',
    ...itemFields,
  ],
  request,
  response,
});
