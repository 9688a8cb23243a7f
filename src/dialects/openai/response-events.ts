import { type ChatEvent, defined, type Timestamp, type ToolCall } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { SseMessage } from '../../sse/index.ts';
import type { Encoder, EventCodec, Exchange } from '../dialect.ts';
import { fieldsOf, numberIn, parseFields, textIn } from '../json.ts';
import { failureOf } from '../vendor-failures.ts';
import { created, openingHeadersWith } from './completion.ts';
import { describeError } from './errors.ts';
import {
  callItem,
  createResponseWriter,
  endedState,
  idsOf,
  messageItem,
  readEnded,
  textPart,
} from './response-object.ts';
import { responseDemands } from './response-parameters.ts';
import type { ResponseObject } from './responses-wire.ts';

type StreamField = 'type' | 'delta' | 'response';

function decoder({ replyId, conversationId, receivedAt }: Exchange): (message: SseMessage) => Iterable<ChatEvent> {
  return function* ({ data }) {
    const message = parseFields<StreamField>(data);
    switch (message.type) {
      case 'response.created': {
        const seconds = numberIn(fieldsOf<'created_at'>(message.response).created_at);
        const createdAt = created.decode(seconds, receivedAt);
        yield defined({ type: 'reply-start' as const, replyId, conversationId, createdAt });
        return;
      }
      case 'response.output_text.delta':
        yield { type: 'text-delta', text: textIn(message.delta) ?? '' };
        return;
      case 'response.completed':
      case 'response.incomplete': {
        const { text: _, ...ended } = readEnded(wholeIn(message.response));
        yield { type: 'reply-end', ...ended };
        return;
      }
      case 'response.failed':
        throw failureOf(fieldsOf<'error'>(message.response).error);
      case 'error':
        throw failureOf(message);
      default: // beginnings and ends of what the pieces tell as well
    }
  };
}

function wholeIn(value: unknown): ResponseObject {
  if (Array.isArray(fieldsOf<'output'>(value).output)) return value as ResponseObject; // what else is read, is looked at
  throw new GatewayError('upstream-protocol', 'The response has no output');
}

/** The first events say nothing but whose words follow: they wait for them, so that a failure before them has a status of its own. */
function encoder(exchange: Exchange): Encoder<ChatEvent> {
  let steps = createSteps(exchange, exchange.receivedAt);
  const encode: Encoder<ChatEvent> = (event) => {
    switch (event.type) {
      case 'reply-start':
        steps = createSteps({ ...exchange, replyId: event.replyId }, event.createdAt ?? exchange.receivedAt);
        return [];
      case 'text-delta':
        return steps.text(event.text);
      case 'reply-end':
        return steps.end(event);
      default:
        return []; // this wire has no place for it
    }
  };
  encode.failure = (error) => steps.failure(error);
  return encode;
}

type End = Extract<ChatEvent, { type: 'reply-end' }>;

/** The events of one stream, numbered. What most of them repeat is put into JSON once. */
function createSteps(exchange: Exchange, createdAt: Timestamp) {
  const ids = idsOf(exchange);
  const write = createResponseWriter(exchange, createdAt);
  const inText = { item_id: ids.message, output_index: 0, content_index: 0 };
  const delta = `{"type":"response.output_text.delta",${JSON.stringify(inText).slice(1, -1)},"logprobs":[],"delta":`;
  const said: string[] = [];
  let hasBegun = false;
  let sent = 0;
  const event = (type: string, fields: object): SseMessage => {
    const data = JSON.stringify({ type, ...fields, sequence_number: sent });
    sent += 1;
    return { event: type, data };
  };
  const begin = (): readonly SseMessage[] => {
    if (hasBegun) return [];
    hasBegun = true;
    const response = write({ status: 'in_progress' });
    return [event('response.created', { response }), event('response.in_progress', { response })];
  };
  const beginText = (): readonly SseMessage[] => [
    ...begin(),
    event('response.output_item.added', { output_index: 0, item: messageItem(ids, 'in_progress', []) }),
    event('response.content_part.added', { ...inText, part: textPart('') }),
  ];
  const endText = (status: string): readonly SseMessage[] => {
    const text = said.join('');
    return [
      ...(said.length === 0 ? beginText() : []),
      event('response.output_text.done', { ...inText, text, logprobs: [] }),
      event('response.content_part.done', { ...inText, part: textPart(text) }),
      event('response.output_item.done', { output_index: 0, item: messageItem(ids, status, [textPart(text)]) }),
    ];
  };
  const call = (one: ToolCall, index: number): readonly SseMessage[] => {
    const place = { output_index: index + (said.length === 0 ? 0 : 1) };
    const item = callItem(ids, one, index);
    const inCall = { item_id: item.id, ...place };
    return [
      event('response.output_item.added', { ...place, item: { ...item, status: 'in_progress', arguments: '' } }),
      event('response.function_call_arguments.delta', { ...inCall, delta: one.arguments }),
      event('response.function_call_arguments.done', { ...inCall, name: one.name, arguments: one.arguments }),
      event('response.output_item.done', { ...place, item }),
    ];
  };
  return {
    text(text: string): readonly SseMessage[] {
      if (text === '') return [];
      const first = said.length === 0 ? beginText() : [];
      said.push(text);
      const data = `${delta}${JSON.stringify(text)},"sequence_number":${sent}}`;
      sent += 1;
      return [...first, { event: 'response.output_text.delta', data }];
    },
    end({ calls = [], ...ended }: End): readonly SseMessage[] {
      const state = endedState({ ...ended, calls, text: said.join('') }, ids);
      return [
        ...begin(),
        ...(said.length > 0 || calls.length === 0 ? endText(state.status) : []),
        ...calls.flatMap(call),
        event(`response.${state.status}`, { response: write(state) }),
      ];
    },
    /** The vendor's clients throw what `error` says; others look for how the response ended. */
    failure(error: GatewayError): readonly SseMessage[] {
      const { message, type, code, param } = describeError(error, exchange);
      const told = { code: code ?? type, message };
      const response = write({ status: 'failed', error: told });
      return [event('error', { ...told, param }), event('response.failed', { response })];
    },
  };
}

/** Streams of events. They end with the response itself, and with no other mark. */
export const responseEvents: EventCodec<ChatEvent> = {
  opening: {
    encode: openingHeadersWith(responseDemands),
    decode: ({ 'x-conversation-id': id }) => defined({ conversationId: id?.toString() }),
  },
  decoder,
  encoder,
  failure: (error, exchange) => createSteps(exchange, exchange.receivedAt).failure(error),
};
