import { defined, type FeedEntry, type InputOf } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Codec, defineEndpoint, type EventCodec, type WireResponse } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { parseFrame } from '../upstream-document.ts';
import { createEventWriter } from './event-writer.ts';
import { createEventReader, encodeEntry, failedEvent } from './message-event.ts';
import { productFields } from './product.ts';
import { chatId } from './values.ts';
import type { EventsRequest, MessageEvent } from './wire.ts';

const streamType = 'text/event-stream';
/** Longer than a gateway is away that is started again; browsers' own. Our choice. */
const resumesAfterMs = 3_000;
const documentType = 'application/json';

const request: Codec<EventsRequest, InputOf<'follow-conversation'>> = {
  decode: ({ params, query, headers }) =>
    defined({
      conversationId: chatId.decode(params),
      // A client that has seen nothing may send it empty; readers that set no headers say it in the query.
      after: headers['last-event-id'] || headers.lasteventid || query.lastEventId || undefined,
      delivery: readDelivery(headers.accept ?? ''),
    }),
  encode: ({ conversationId, after, delivery }) => ({
    params: chatId.encode(conversationId),
    query: {},
    headers: defined({ accept: delivery === 'recent' ? documentType : streamType, 'last-event-id': after }),
    body: undefined,
  }),
};

/** A stream, unless the client takes only a document: "stream or poll" in the seed, how is our choice. */
function readDelivery(accept: string): 'stream' | 'recent' {
  const types = accept.toLowerCase();
  return types.includes(documentType) && !types.includes(streamType) ? 'recent' : 'stream';
}

const response: Codec<WireResponse<readonly MessageEvent[]>, readonly FeedEntry[]> = {
  decode({ body }, { receivedAt }) {
    const read = createEventReader(receivedAt);
    return body.flatMap((event) => read(event, ''));
  },
  encode: (entries) => ({
    status: 200,
    headers: {},
    body: entries.map(encodeEntry).filter((event) => event !== undefined),
  }),
};

const messageEvent = schemaGuard<MessageEvent>('homie/follow-conversation.event.json', { open: true });

const events: EventCodec<FeedEntry> = {
  resumesAfterMs,
  // `Expire` is the framework's own spelling, and it tells no charset.
  opening: {
    encode: () => ({
      'content-type': streamType,
      'cache-control': 'private, no-cache, no-store, must-revalidate, max-age=0, no-transform',
      pragma: 'no-cache',
      expire: '0',
    }),
    decode: () => ({}),
  },
  decoder({ receivedAt }) {
    const read = createEventReader(receivedAt);
    return ({ id, data }) => {
      const event = parseFrame(data, messageEvent);
      // A reply that failed has a place in the feed; the failure of the stream itself has none.
      if (id === undefined && event.status === 'failed') {
        throw new GatewayError('upstream-failed', 'Upstream failed while streaming');
      }
      return read(event, id ?? '');
    };
  },
  encoder() {
    const write = createEventWriter();
    return function* (entry) {
      const event = write(entry);
      if (event !== undefined) yield { id: entry.position, data: JSON.stringify(event) };
    };
  },
  *failure(error, { conversationId, replyId }) {
    yield {
      data: JSON.stringify(failedEvent({ chatId: conversationId ?? '', eventId: replyId }, error.publicMessage)),
    };
  },
};

export const followConversation = defineEndpoint<'follow-conversation', EventsRequest, readonly MessageEvent[]>({
  operation: 'follow-conversation',
  method: 'GET',
  paths: ['/v1/chats/:chatId/events', '/v1/chats/:chatId/messages/events'],
  schema: {
    request: 'homie/follow-conversation.request.json',
    response: 'homie/follow-conversation.response.json',
    event: 'homie/follow-conversation.event.json',
  },
  carries: ['conversationId', 'after', 'delivery', ...productFields],
  request,
  response,
  events,
});
