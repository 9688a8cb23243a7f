import {
  type ChatEvent,
  defined,
  type FinishReason,
  type Timestamp,
  type ToolCall,
  type Usage,
} from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { SseMessage } from '../../sse/index.ts';
import type { Encoder, EventCodec, Exchange } from '../dialect.ts';
import { completionId, created, finishReason, modelOf, openingHeaders, usage } from './completion.ts';
import { callsOf, createCompletionReader } from './completion-reader.ts';
import { describeError } from './errors.ts';
import { wantsUsage } from './parameters.ts';
import { toolCalls } from './tools.ts';

/** What ends a stream that is whole. */
const done = '[DONE]';

/** What many servers send: see `createCompletionReader`. */
function decoder({ replyId, conversationId, receivedAt }: Exchange): (message: SseMessage) => Iterable<ChatEvent> {
  const reader = createCompletionReader();
  let started = false;
  return function* (message) {
    const said = reader.read(message);
    if (said === undefined) {
      // What stops without a reason was cut off by something in between. Our choice.
      if (!reader.isFinished()) throw new GatewayError('upstream-protocol', 'The stream ended before the answer did');
      const { calls, finishReason, model, usage } = reader.end();
      yield defined({ type: 'reply-end', finishReason, calls: callsOf(calls), model, usage });
      return;
    }
    if (said.isEmpty) return;
    if (!started) {
      const createdAt = created.decode(said.created, receivedAt);
      yield defined({ type: 'reply-start' as const, replyId, conversationId, createdAt });
    }
    started = true;
    if (said.text !== '') yield { type: 'text-delta', text: said.text };
  };
}

/** The first chunk says nothing but whose words follow: it waits for them, so that a failure before them has a status of its own. */
function encoder(exchange: Exchange): Encoder<ChatEvent> {
  const withUsage = exchange.turn !== undefined && wantsUsage(exchange.turn);
  let chunks = createChunks(exchange, { createdAt: exchange.receivedAt, withUsage });
  let begun = false;
  const begin = (): readonly SseMessage[] => {
    if (begun) return [];
    begun = true;
    return [chunks.role()];
  };
  return (event) => {
    switch (event.type) {
      case 'reply-start':
        chunks = createChunks(
          { ...exchange, replyId: event.replyId },
          { createdAt: event.createdAt ?? exchange.receivedAt, withUsage },
        );
        return [];
      case 'text-delta':
        return [...begin(), chunks.text(event.text)];
      case 'reply-end':
        return [
          ...begin(),
          ...(event.calls ?? []).map(chunks.call),
          chunks.end(event.finishReason),
          ...(withUsage ? [chunks.usage(event.usage)] : []),
          { data: done },
        ];
      default:
        return []; // this wire has no place for it
    }
  };
}

/** The chunks of one stream. Most of a chunk is the same in all of them: that is put into JSON once. */
function createChunks(
  exchange: Exchange,
  { createdAt, withUsage }: { readonly createdAt: Timestamp; readonly withUsage: boolean },
) {
  const head = JSON.stringify({
    id: completionId(exchange.replyId),
    object: 'chat.completion.chunk',
    created: created.encode(createdAt),
    model: modelOf(exchange),
  }).slice(0, -1);
  const write = (choices: string, count: string | undefined = withUsage ? 'null' : undefined): SseMessage => ({
    data: `${head},"choices":[${choices}]${count === undefined ? '' : `,"usage":${count}`}}`,
  });
  const writeDelta = (delta: string, reason = 'null'): SseMessage =>
    write(`{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}`);
  return {
    role: () => writeDelta('{"role":"assistant","content":""}'),
    text: (text: string) => writeDelta(`{"content":${JSON.stringify(text)}}`),
    call: (call: ToolCall, index: number) =>
      writeDelta(`{"tool_calls":[${JSON.stringify({ index, ...toolCalls.encode(call) })}]}`),
    end: (reason: FinishReason) => writeDelta('{}', JSON.stringify(finishReason.encode(reason))),
    usage: (count: Usage | undefined) => write('', JSON.stringify(usage.encode(count))),
  };
}

/**
 * Streams of chunks. A failure is told and the stream then stops: `[DONE]` would have it read as whole. The vendor's own client
 * throws what `error` says.
 */
export const events: EventCodec<ChatEvent> = {
  // The stream itself has no place for the conversation's id. Our choice.
  opening: {
    encode: openingHeaders,
    decode: ({ 'x-conversation-id': id }) => defined({ conversationId: id?.toString() }),
  },
  decoder,
  closing: { data: done },
  encoder,
  *failure(error, exchange) {
    yield { data: JSON.stringify({ error: describeError(error, exchange) }) };
  },
};
