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
import type { EventCodec, Exchange } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { parseFrame } from '../upstream-document.ts';
import { nameOf } from '../upstream-status.ts';
import { completionId, created, finishReason, modelOf, openingHeaders, usage } from './completion.ts';
import { describeError } from './errors.ts';
import { wantsUsage } from './parameters.ts';
import { toolCalls } from './tools.ts';
import type { StreamEvent, WireToolCall } from './wire.ts';

const streamEvent = schemaGuard<StreamEvent>('openai/send-message.event.json', { open: true });

/** What ends a stream that is whole. */
const done = '[DONE]';

function decoder({ replyId, conversationId, receivedAt }: Exchange): (message: SseMessage) => Iterable<ChatEvent> {
  let started = false;
  let reason: string | undefined;
  let model: string | undefined;
  let counted: Usage | undefined;
  const calls = new Map<number, WireToolCall>();
  return function* ({ data }) {
    if (data === done) {
      // What stops without a reason was cut off by something in between. Our choice.
      if (reason === undefined)
        throw new GatewayError('upstream-protocol', '[DONE] came before the answer was finished');
      yield defined({
        type: 'reply-end',
        finishReason: finishReason.decode(reason),
        calls: calls.size === 0 ? undefined : [...calls.values()].map(toolCalls.decode),
        model,
        usage: counted,
      });
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
    for (const piece of choice?.delta?.tool_calls ?? []) addPiece(calls, piece);
    reason = choice?.finish_reason ?? reason;
  };
}

/** Puts a piece to its call: the first of a call names it, the others add to its arguments. */
function addPiece(calls: Map<number, WireToolCall>, piece: WireToolCall): void {
  const index = piece.index ?? calls.size;
  const known = calls.get(index);
  const given = (known?.function.arguments ?? '') + (piece.function.arguments ?? '');
  const name = known?.function.name ?? piece.function.name ?? '';
  calls.set(index, { id: known?.id ?? piece.id ?? null, function: { name, arguments: given } });
}

function failed(error: NonNullable<StreamEvent['error']>): GatewayError {
  const { code, type }: { code?: unknown; type?: unknown } = typeof error === 'string' ? {} : error;
  return new GatewayError('upstream-failed', `Upstream failed${nameOf(code ?? type)}`);
}

/** The first chunk says nothing but whose words follow: it waits for them, so that a failure before them has a status of its own. */
function encoder(exchange: Exchange): (event: ChatEvent) => Iterable<SseMessage> {
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
        chunks = createChunks(exchange, { createdAt: event.createdAt ?? exchange.receivedAt, withUsage });
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
  encoder,
  *failure(error) {
    yield { data: JSON.stringify({ error: describeError(error) }) };
  },
};
