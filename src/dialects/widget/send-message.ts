import { type ChatEvent, defined, type Turn } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Codec, defineEndpoint, type EventCodec, type Exchange } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { parseFrame } from '../upstream-document.ts';
import { describeError } from './errors.ts';
import { image } from './message.ts';
import { session, tell } from './session.ts';
import type { StreamEvent, StreamRequest } from './wire.ts';

const request: Codec<StreamRequest, Turn> = {
  decode: ({ query, body }) =>
    // An empty text is what a widget sends for a field that it could not fill.
    defined({
      text: body.message,
      attachments: image.decode(body.image_url ?? body.imageUrl),
      delivery: 'stream' as const,
      participant: session.decode(body, query),
      clientMessageId: (body.message_id ?? body.messageId) || undefined,
      pageUrl: (body.page_url ?? body.pageUrl ?? body.url) || undefined,
      locale: body.lang || undefined,
      activity: [],
    }),
  encode: (turn) =>
    tell(
      defined({
        ...session.encode(turn.participant),
        message: turn.text,
        lang: turn.locale,
        message_id: turn.clientMessageId,
        image_url: image.encode(turn.attachments),
        page_url: turn.pageUrl,
      }),
    ),
};

const streamEvent = schemaGuard<StreamEvent>('widget/send-message.event.json', { open: true });

const write = (event: StreamEvent) => ({ data: JSON.stringify(event) });

/** The id stands in no event but the last one; a stream is never encoded without one. */
function conversationNumber({ conversationId = '0' }: Exchange): number {
  return Number(conversationId);
}

const events: EventCodec<ChatEvent> = {
  decoder({ replyId, conversationId }) {
    let started = false;
    return function* ({ data }) {
      const event = parseFrame(data, streamEvent);
      if (event.type === 'error') throw new GatewayError('upstream-failed', 'Upstream failed while streaming');
      const told = event.type === 'done' ? String(event.meta.conversation_id) : conversationId;
      if (!started) yield defined({ type: 'reply-start' as const, replyId, conversationId: told });
      started = true;
      switch (event.type) {
        case 'chunk':
          if (event.content !== '') yield { type: 'text-delta', text: event.content };
          break;
        case 'done':
          yield { type: 'reply-end', finishReason: event.meta.mode === 'operator' ? 'handed-over' : 'stop' };
          break;
        default:
          event satisfies never; // of a type that is not known: passed over
      }
    };
  },
  encoder: (exchange) =>
    function* (event) {
      if (event.type === 'text-delta') yield write({ type: 'chunk', content: event.text });
      if (event.type !== 'reply-end') return;
      const mode = event.finishReason === 'handed-over' ? ('operator' as const) : undefined;
      yield write({ type: 'done', meta: defined({ conversation_id: conversationNumber(exchange), mode }) });
    },
  *failure(error) {
    yield write({ type: 'error', message: describeError(error) });
  },
};

export const sendMessage = defineEndpoint<'send-message', StreamRequest>({
  operation: 'send-message',
  method: 'POST',
  paths: ['/api/v1/chat/stream'],
  schema: { request: 'widget/send-message.request.json', event: 'widget/send-message.event.json' },
  carries: [
    'text',
    'attachments',
    'participant',
    'clientMessageId',
    'pageUrl',
    'locale',
    'output.text',
    'output.conversationId',
  ],
  request,
  events,
});
