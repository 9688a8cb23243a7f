import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../src/canonical/index.ts';
import { events } from '../../../src/dialects/openai/events.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { decodeMessages, encodeEvents } from '../../support/streams.ts';

const exchange = { replyId: 'r', conversationId: 'conv_1', receivedAt: '2025-07-08T16:32:15Z' };
const done = '[DONE]';

/** What a client of an upstream's stream makes of it. */
const read = (...messages: readonly unknown[]) =>
  decodeMessages(
    events,
    messages.map((message) => ({ data: message === done ? done : JSON.stringify(message) })),
    exchange,
  );

const chunk = (delta: object | null, rest: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1751992336,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: null, ...rest }],
});
const end = chunk({}, { finish_reason: 'stop' });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const counted = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const textOf = (told: readonly ChatEvent[]) =>
  told.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');

describe('the stream of an upstream', () => {
  it('begins with its time, and ends once, with its model and its usage', () => {
    const { events: told } = read(chunk({ content: 'Hi' }), end, { ...end, choices: [], usage }, done);
    expect(told).toEqual([
      { type: 'reply-start', replyId: 'r', conversationId: 'conv_1', createdAt: '2025-07-08T16:32:16.000Z' },
      { type: 'text-delta', text: 'Hi' },
      { type: 'reply-end', finishReason: 'stop', model: 'm', usage: counted },
    ]);
  });

  it.each<[string, readonly object[]]>([
    [
      'vLLM: the usage so far in every chunk',
      [
        { ...chunk({ content: 'Hi' }), usage: null },
        { ...end, usage },
      ],
    ],
    [
      'llama.cpp: content null beside the role, timings',
      [
        chunk({ role: 'assistant', content: null }),
        chunk({ content: 'Hi' }),
        { ...end, usage, timings: { predicted_n: 2 } },
      ],
    ],
    [
      'Ollama: the end with an empty text',
      [chunk({ content: 'Hi' }), { ...chunk({ content: '' }, { finish_reason: 'stop' }), usage }],
    ],
    [
      'Azure: filter results in a chunk without choices',
      [{ ...end, choices: [], prompt_filter_results: [] }, chunk({ content: 'Hi' }), { ...end, usage }],
    ],
    [
      'DeepSeek: thoughts, which are not the answer',
      [chunk({ reasoning_content: 'Hm.' }), chunk({ content: 'Hi', reasoning_content: null }), { ...end, usage }],
    ],
    [
      'OpenRouter: no error in every chunk, no delta at the end',
      [
        { ...chunk({ content: 'Hi' }), error: null },
        { ...chunk(null, { finish_reason: 'stop' }), usage },
      ],
    ],
    [
      'a second choice, which nobody asked for',
      [chunk({ content: 'Hi' }), chunk({ content: 'Ho' }, { index: 1 }), { ...end, usage }],
    ],
  ])('is read as other makes write it: %s', (_make, messages) => {
    const { events: told, error } = read(...messages, done);
    expect(error).toBeUndefined();
    expect(textOf(told)).toBe('Hi');
    expect(told.filter(({ type }) => type === 'reply-end')).toEqual([
      { type: 'reply-end', finishReason: 'stop', model: 'm', usage: counted },
    ]);
  });

  it.each<[string, unknown]>([
    ['an object', { error: { message: 'overloaded', type: 'server_error' } }],
    ['a text', { error: 'overloaded' }],
    ['the reason of an end', chunk({}, { finish_reason: 'abort' })],
    [
      'beside a chunk',
      { ...chunk({ content: '' }, { finish_reason: 'error' }), error: { code: 502, message: 'overloaded' } },
    ],
  ])('has failed where it says so (failure 14): %s', (_form, failure) => {
    const { events: told, error } = read(chunk({ content: 'Hi' }), failure, done);
    expect(error?.code).toBe('upstream-failed');
    expect(told.some(({ type }) => type === 'reply-end')).toBe(false);
  });

  it('is not whole with [DONE] alone (failures 11, 14)', () => {
    expect(read(chunk({ content: 'Hi' }), done).error?.code).toBe('upstream-protocol');
    expect(read(done).error?.code).toBe('upstream-protocol');
  });
});

describe('the stream to a client', () => {
  const told = (turn: object): readonly unknown[] =>
    encodeEvents(
      events,
      [
        { type: 'reply-start', replyId: 'r' },
        { type: 'typing' },
        { type: 'suggestions', suggestions: ['And?'] },
        { type: 'reply-end', finishReason: 'handed-over' },
      ],
      { ...exchange, turn },
    ).map(({ data }): unknown => (data === done ? done : JSON.parse(data)));

  const head = { id: 'chatcmpl-r', object: 'chat.completion.chunk', created: 1751992335, model: 'a' };
  const choice = (delta: object, reason: string | null) => [{ index: 0, delta, logprobs: null, finish_reason: reason }];

  it.each([undefined, null, false])('is whole where nothing is said, without a usage for include_usage %j', (asked) => {
    const extra = asked === undefined ? {} : { openai: { stream_options: { include_usage: asked } } };
    expect(told({ agent: 'a', extra })).toEqual([
      { ...head, choices: choice({ role: 'assistant', content: '' }, null) },
      { ...head, choices: choice({}, 'stop') },
      done,
    ]);
  });

  it('counts what nobody counted as nought, where it is to tell', () => {
    const extra = { openai: { stream_options: { include_usage: true } } };
    expect(told({ agent: 'a', extra }).at(-2)).toEqual({
      ...head,
      choices: [],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
  });

  it('says nothing before the first word, so that a failure still has a status (failure 18)', () => {
    const encode = events.encoder(exchange);
    expect([...encode({ type: 'reply-start', replyId: 'r' }), ...encode({ type: 'typing' })]).toEqual([]);
  });

  it('stops at a failure, without the end that a whole one has (failure 12)', () => {
    const said = [...events.failure(new GatewayError('upstream-failed', 'secret'), exchange)];
    expect(said.map(({ data }): unknown => JSON.parse(data))).toEqual([
      { error: { message: 'The answer could not be obtained', type: 'server_error', param: null, code: null } },
    ]);
  });
});
