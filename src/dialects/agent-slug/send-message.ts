import { type ChatEvent, defined, type Reply, type Turn } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Codec, defineEndpoint, type EventCodec, type WireResponse } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { parseFrame } from '../upstream-document.ts';
import { nameOf } from '../upstream-status.ts';
import { describeError } from './errors.ts';
import type { ChatRequest, ChatResponse, StreamEvent } from './wire.ts';

const request: Codec<ChatRequest, Turn> = {
  decode({ params, headers, body }) {
    if (body.async) throw new GatewayError('unsupported-operation', 'This feature is not implemented yet');
    return defined({
      text: body.message,
      attachments: [],
      delivery: body.stream ? 'stream' : 'whole',
      participant: defined({ userId: headers['x-user-identifier'] }),
      conversationId: body.conversationId || undefined, // null and '' both begin a conversation
      agent: params.slug,
      activity: [],
    });
  },
  encode: (turn) => ({
    params: { slug: turn.agent ?? '' },
    query: {},
    headers: defined({ 'x-user-identifier': turn.participant.userId }),
    body: defined({ message: turn.text, stream: turn.delivery === 'stream', conversationId: turn.conversationId }),
  }),
};

const response: Codec<WireResponse<ChatResponse>, Reply> = {
  decode: ({ body: { data } }, { replyId, receivedAt }) => ({
    id: replyId,
    conversationId: data.conversationId,
    text: data.response,
    items: [],
    suggestions: [],
    model: data.metadata.model,
    usage: { totalTokens: data.metadata.tokens },
    finishReason: 'stop',
    createdAt: receivedAt,
  }),
  encode: (reply, exchange) => ({
    status: 200,
    headers: {},
    body: {
      data: {
        response: reply.text,
        conversationId: exchange.conversationId ?? '',
        metadata: { model: reply.model ?? '', tokens: reply.usage?.totalTokens ?? 0 },
      },
      error: null,
    },
  }),
};

const streamEvent = schemaGuard<StreamEvent>('agent-slug/send-message.event.json', { open: true });

/** What ends a stream. Source: seed. */
const done = '[DONE]';

const events: EventCodec<ChatEvent> = {
  // The stream itself has no place for the conversation's id. Our choice.
  opening: {
    encode: ({ conversationId }) =>
      defined({ 'x-conversation-id': conversationId && headerText.encode(conversationId) }),
    decode: ({ 'x-conversation-id': id }) => defined({ conversationId: id && headerText.decode(id.toString()) }),
  },
  decoder({ replyId, conversationId }) {
    let started = false;
    return function* (message) {
      if (!started) yield defined({ type: 'reply-start' as const, replyId, conversationId });
      started = true;
      if (message.data === done) {
        yield { type: 'reply-end', finishReason: 'stop' };
        return;
      }
      const event = parseFrame(message.data, streamEvent);
      if (event.error) throw new GatewayError('upstream-failed', `Upstream failed${nameOf(event.error.name)}`);
      if (event.chunk) yield { type: 'text-delta', text: event.chunk };
    };
  },
  encoder: () =>
    function* (event) {
      if (event.type === 'text-delta') yield { data: JSON.stringify({ chunk: event.text }) };
      if (event.type === 'reply-end') yield { data: done };
    },
  *failure(error) {
    yield { data: JSON.stringify({ error: describeError(error) }) };
    yield { data: done };
  },
};

export const sendMessage = defineEndpoint<'send-message', ChatRequest, ChatResponse>({
  operation: 'send-message',
  method: 'POST',
  paths: ['/v1/api/chat/:slug'],
  schema: {
    request: 'agent-slug/send-message.request.json',
    response: 'agent-slug/send-message.response.json',
    event: 'agent-slug/send-message.event.json',
  },
  carries: [
    'text',
    'delivery',
    'participant',
    'conversationId',
    'agent',
    'output.text',
    'output.conversationId',
    'output.model',
    'output.usage',
  ],
  request,
  response,
  events,
});

const unfit = /[^\x21-\x24\x26-\x7e]+/gu;

/** A text as a header can hold it: what is no visible ASCII, and `%`, is written as in an address. Our choice. */
const headerText = {
  encode: (text: string): string => text.replace(unfit, encodeURIComponent),
  /** One that somebody else wrote, and that cannot be read so, is taken as it is. */
  decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  },
};
