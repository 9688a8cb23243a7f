import { type ChatEvent, defined, type Timestamp, type Usage } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { SseMessage } from '../../sse/index.ts';
import type { EventCodec, Exchange } from '../dialect.ts';
import { parseFrame, schemaGuard } from '../schema.ts';
import { completionId, created, finishReason, modelOf, usage } from './completion.ts';
import { describeError } from './errors.ts';
import { wantsUsage } from './parameters.ts';
import type { StreamEvent } from './wire.ts';

const streamEvent = schemaGuard<StreamEvent>('openai/send-message.event.json');

/** What ends a stream that is whole. */
const done = '[DONE]';

type End = Extract<ChatEvent, { type: 'reply-end' }>;

function decoder({ replyId, conversationId, receivedAt }: Exchange): (message: SseMessage) => Iterable<ChatEvent> {
  let started = false;
  let reason: string | undefined;
  let model: string | undefined;
  let counted: Usage | undefined;
  return function* ({ data }) {
    if (data === done) {
      // What stops without a reason was cut off by something in between. Our choice.
      if (reason === undefined)
        throw new GatewayError('upstream-protocol', '[DONE] came before the answer was finished');
      yield defined({ type: 'reply-end', finishReason: finishReason.decode(reason), model, usage: counted });
      return;
    }
    const event = parseFrame(data, streamEvent);
    if (event.error) throw failed(event.error);
    if (!started) {
      const createdAt = created.decode(event.created, receivedAt);
      yield defined({ type: 'reply-start' as const, replyId, conversationId, createdAt });
    }
    started = true;
    model = event.model ?? model;
    counted = usage.decode(event.usage) ?? counted;
    const choice = event.choices?.find(({ index = 0 }) => index === 0);
    if (choice?.delta?.content) yield { type: 'text-delta', text: choice.delta.content };
    reason = choice?.finish_reason ?? reason;
  };
}

function failed(error: NonNullable<StreamEvent['error']>): GatewayError {
  const said = typeof error === 'string' ? error : (error.message ?? '');
  return new GatewayError('upstream-failed', `Upstream failed: ${said.slice(0, 200)}`);
}

/** The first chunk says nothing but whose words follow: it waits for them, so that a failure before them has a status of its own. */
function encoder(exchange: Exchange): (event: ChatEvent) => Iterable<SseMessage> {
  const withUsage = exchange.turn !== undefined && wantsUsage(exchange.turn);
  let write = createChunkWriter(exchange, { createdAt: exchange.receivedAt, withUsage });
  let begun = false;
  function* begin(): Iterable<SseMessage> {
    if (!begun) yield write({ role: 'assistant', content: '' });
    begun = true;
  }
  function* end({ finishReason: reason, usage: count }: End): Iterable<SseMessage> {
    yield* begin();
    yield write({}, finishReason.encode(reason));
    if (withUsage) yield write.usage(count);
    yield { data: done };
  }
  return function* (event) {
    if (event.type === 'reply-start' && event.createdAt !== undefined) {
      write = createChunkWriter(exchange, { createdAt: event.createdAt, withUsage });
    }
    if (event.type === 'text-delta') {
      yield* begin();
      yield write({ content: event.text });
    }
    if (event.type === 'reply-end') yield* end(event);
  };
}

interface ChunkWriter {
  (delta: { readonly role?: 'assistant'; readonly content?: string }, finish?: string): SseMessage;
  usage(count: Usage | undefined): SseMessage;
}

/** Most of a chunk is the same all through a stream: it is put into JSON once. */
function createChunkWriter(
  exchange: Exchange,
  { createdAt, withUsage }: { readonly createdAt: Timestamp; readonly withUsage: boolean },
): ChunkWriter {
  const head = JSON.stringify({
    id: completionId(exchange.replyId),
    object: 'chat.completion.chunk',
    created: created.encode(createdAt),
    model: modelOf(exchange),
  }).slice(0, -1);
  const tail = withUsage ? ',"usage":null}' : '}';
  const write = (delta: object, finish: string | null = null): SseMessage => ({
    data: `${head},"choices":[${JSON.stringify({ index: 0, delta, logprobs: null, finish_reason: finish })}]${tail}`,
  });
  return Object.assign(write, {
    usage: (count: Usage | undefined): SseMessage => ({
      data: `${head},"choices":[],"usage":${JSON.stringify(usage.encode(count))}}`,
    }),
  });
}

/**
 * Streams of chunks. A failure is told and the stream then stops: `[DONE]` would have it read as whole. The vendor's own client
 * throws what `error` says.
 */
export const events: EventCodec<ChatEvent> = {
  // The stream itself has no place for the conversation's id. Our choice.
  opening: {
    encode: ({ conversationId }) => defined({ 'x-conversation-id': conversationId }),
    decode: ({ 'x-conversation-id': id }) => defined({ conversationId: id?.toString() }),
  },
  decoder,
  encoder,
  *failure(error) {
    yield { data: JSON.stringify({ error: describeError(error) }) };
  },
};
