import {
  defined,
  type FinishReason,
  type Reply,
  type Timestamp,
  type ToolCall,
  type Usage,
} from '../../canonical/index.ts';
import type { Exchange } from '../dialect.ts';
import { created, modelOf } from './completion.ts';
import { usageIn } from './completion-reader.ts';
import { callItemId, messageId, type ReplyPlace, responseId } from './response-ids.ts';
import { asAsked, isForgotten } from './response-parameters.ts';
import type { OutputItem, ResponseObject } from './responses-wire.ts';

/** The ids of a response and of what is in it. One that cannot be followed says nothing of where it is. */
export interface ResponseIds {
  readonly response: string;
  readonly message: string;
  call(index: number): string;
}

export function idsOf({ replyId, conversationId, turn = {} }: Exchange): ResponseIds {
  const nowhere: ReplyPlace = { replyId };
  const there: ReplyPlace = { replyId, conversationId };
  const items = isForgotten(turn) ? nowhere : there;
  return {
    response: responseId.encode(turn.continuation?.keeps === false ? nowhere : there),
    message: messageId(items),
    call: (index) => callItemId(items, index),
  };
}

/** Always whole, since clients add it up without looking: what nobody counted is nought. Our choice. */
const usage = {
  encode: (count: Usage | undefined) => ({
    input_tokens: count?.inputTokens ?? 0,
    input_tokens_details: { cached_tokens: count?.cachedTokens ?? 0 },
    output_tokens: count?.outputTokens ?? 0,
    output_tokens_details: { reasoning_tokens: count?.reasoningTokens ?? 0 },
    total_tokens: count?.totalTokens ?? 0,
  }),
  decode: ({ usage: count }: ResponseObject): Usage | undefined => usageIn(count),
};

/** How an answer ended. What was cut off by its length or by a filter is not whole. */
const statuses: Readonly<Record<FinishReason, { readonly status: string; readonly reason?: string }>> = {
  stop: { status: 'completed' },
  'handed-over': { status: 'completed' },
  'tool-calls': { status: 'completed' },
  length: { status: 'incomplete', reason: 'max_output_tokens' },
  'content-filter': { status: 'incomplete', reason: 'content_filter' },
};

const finishReason = {
  decode({ status, incomplete_details: details, output }: ResponseObject): FinishReason {
    if (status === 'incomplete') return details?.reason === 'content_filter' ? 'content-filter' : 'length';
    return output.some(({ type }) => type === 'function_call') ? 'tool-calls' : 'stop';
  },
};

export const textPart = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

export function messageItem(ids: ResponseIds, status: string, parts: readonly object[]) {
  return { id: ids.message, type: 'message', status, role: 'assistant', content: parts };
}

export function callItem(ids: ResponseIds, call: ToolCall, index: number) {
  const { id, name, arguments: given } = call;
  return { id: ids.call(index), type: 'function_call', status: 'completed', arguments: given, call_id: id, name };
}

/** The answer as one document, in whatever state it is. */
export type ResponseWriter = (state: {
  readonly status: string;
  readonly output?: readonly object[];
  readonly error?: object;
  readonly reason?: string | undefined;
  readonly usage?: object;
}) => object;

/** A writer for one answer: most of the document is the same in every state. */
export function createResponseWriter(exchange: Exchange, createdAt: Timestamp): ResponseWriter {
  const head = { id: idsOf(exchange).response, object: 'response', created_at: created.encode(createdAt) };
  const rest = { model: modelOf(exchange), ...asAsked(exchange) };
  return ({ status, output = [], error = null, reason, usage: count = null }) => ({
    ...head,
    status,
    error,
    incomplete_details: reason === undefined ? null : { reason },
    ...rest,
    output,
    usage: count,
  });
}

type Ended = Pick<Reply, 'text' | 'calls' | 'finishReason' | 'usage'>;

/** What an answer that has ended says. */
export function endedState({ text, calls = [], finishReason: ended, usage: count }: Ended, ids: ResponseIds) {
  const { status, reason } = statuses[ended];
  const message = text !== '' || calls.length === 0 ? [messageItem(ids, status, [textPart(text)])] : [];
  const output = [...message, ...calls.map((call, index) => callItem(ids, call, index))];
  return { status, reason, output, usage: usage.encode(count) };
}

/** What a whole document says. */
export function readEnded(document: ResponseObject): Ended {
  const calls = document.output.flatMap((item) => (item.type === 'function_call' ? [toCall(item)] : []));
  return defined({
    text: document.output.flatMap(textsIn).join(''),
    calls: calls.length === 0 ? undefined : calls,
    finishReason: finishReason.decode(document),
    usage: usage.decode(document),
  });
}

const toCall = ({ call_id, name, arguments: given }: Extract<OutputItem, { type: 'function_call' }>): ToolCall => ({
  id: call_id,
  name,
  arguments: given,
});

const textsIn = (item: OutputItem): readonly string[] =>
  item.type === 'message' ? item.content.map(({ text }) => text ?? '') : [];
