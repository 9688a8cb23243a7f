import { describe, expect, it } from 'vitest';
import { createCompletionReader } from '../../../src/dialects/openai/completion-reader.ts';

const chunk = (delta: object | null, more: object = {}) =>
  JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }], ...more });

/** What a stream of these data says. */
function read(...data: readonly string[]) {
  const reader = createCompletionReader();
  const text = data.map((each) => reader.read({ data: each })?.text ?? '').join('');
  return { text, isFinished: reader.isFinished(), ...reader.end() };
}

const piece = (fields: object) => chunk({ tool_calls: [fields] });
const made = (name: string, text?: string) => ({ function: { name, ...(text !== undefined && { arguments: text }) } });

describe('a chat completion', () => {
  it.each([
    [
      'by index, whatever becomes of the id',
      [
        { index: 0, id: 'a', ...made('s', '') },
        { index: 0, id: 'b', function: { arguments: '{"q":1}' } },
      ],
      [['a', 's', '{"q":1}']],
    ],
    [
      'by id, without an index',
      [
        { id: 'a', ...made('s', '{"q"') },
        { id: 'b', ...made('t', '{}') },
        { id: 'a', function: { arguments: ':1}' } },
      ],
      [
        ['a', 's', '{"q":1}'],
        ['b', 't', '{}'],
      ],
    ],
    [
      'by a new name beside whole arguments',
      [
        { index: 0, ...made('s', '{"q":1}') },
        { index: 0, ...made('t', '{"q":2}') },
      ],
      [
        ['call_0', 's', '{"q":1}'],
        ['call_1', 't', '{"q":2}'],
      ],
    ],
    [
      'with a name that is repeated',
      [
        { index: 0, id: 'a', ...made('s', '{"q"') },
        { index: 0, id: 'a', ...made('s', ':1}') },
      ],
      [['a', 's', '{"q":1}']],
    ],
    [
      'with a name that is repeated without an id',
      [{ ...made('s', '{"q"') }, { ...made('s', ':1}') }],
      [['call_0', 's', '{"q":1}']],
    ],
    [
      'of which all are number 0',
      [
        { index: 0, id: 'a', ...made('s', '{}') },
        { index: 0, id: 'b', ...made('s', '{}') },
      ],
      [
        ['a', 's', '{}'],
        ['b', 's', '{}'],
      ],
    ],
    [
      'of which the pieces take turns',
      [
        { index: 0, id: 'a', ...made('s', '') },
        { index: 1, id: 'b', ...made('t', '') },
        { index: 0, function: { arguments: '1' } },
        { index: 1, function: { arguments: '2' } },
      ],
      [
        ['a', 's', '1'],
        ['b', 't', '2'],
      ],
    ],
  ])('has calls that are put together %s', (_, pieces, calls) => {
    expect(read(...pieces.map(piece)).calls.map(({ id, name, arguments: text }) => [id, name, text])).toEqual(calls);
  });

  it('is repeated with everything that the vendor says of it, in pieces or whole', () => {
    const said = read(
      chunk({
        role: 'assistant',
        reasoning_content: 'I look ',
        reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'I ' }],
      }),
      chunk({
        reasoning_content: 'it up.',
        reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'look', signature: 's' }],
        something_new: { a: 1 },
      }),
      piece({ index: 0, id: 'a', ...made('s', '{}'), extra_content: { google: { thought_signature: 'x' } } }),
    );
    expect(said.own).toEqual({
      reasoning_content: 'I look it up.',
      reasoning_details: [{ type: 'reasoning.text', index: 0, text: 'I look', signature: 's' }],
      something_new: { a: 1 },
    });
    expect(said.calls).toEqual([
      { id: 'a', name: 's', arguments: '{}', own: { extra_content: { google: { thought_signature: 'x' } } } },
    ]);
  });

  it('that reasons without end is refused', () => {
    const reader = createCompletionReader();
    const data = chunk({ reasoning_content: 'x'.repeat(1_000_001) });
    expect(() => Array.from({ length: 4 }, () => reader.read({ data }))).toThrow('without end');
  });

  it.each([
    [
      [
        { prompt_tokens: 12, completion_tokens: 1 },
        { completion_tokens: 5, prompt_tokens: 0 },
      ],
      { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
    ],
    [
      [{ prompt_tokens: 12, completion_tokens: 5, total_tokens: 30 }, null],
      { inputTokens: 12, outputTokens: 5, totalTokens: 30 },
    ],
    [[{ input_tokens: 3, output_tokens: 2 }], { inputTokens: 3, outputTokens: 2, totalTokens: 5 }],
    [
      [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
      { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    ],
    [
      [
        { prompt_tokens: 12, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 8, audio_tokens: 0 } },
        { prompt_tokens: 12, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 6 } },
      ],
      { inputTokens: 12, outputTokens: 9, totalTokens: 21, cachedTokens: 8, reasoningTokens: 6 },
    ],
    [
      [{ input_tokens: 3, output_tokens: 2, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: null }],
      { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedTokens: 0 },
    ],
    [[null], undefined],
  ])('counts %j as %j', (counts, usage) => {
    expect(read(...counts.map((each) => chunk({}, { usage: each }))).usage).toEqual(usage);
  });

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['an empty error', chunk({ content: 'Hi' }, { error: {} })],
    ['an error of nothing', chunk({ content: 'Hi' }, { error: { message: '', code: null } })],
  ])('may have %s among its data', (_, data) => {
    expect(read(data, chunk({ content: '!' })).text).toMatch(/^(Hi)?!$/);
  });

  it.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['SAFETY', 'content-filter'],
    ['content_filter: PROHIBITED_CONTENT', 'content-filter'],
  ])('ends by %s', (word, finishReason) => {
    const data = JSON.stringify({ choices: [{ delta: { content: 'Hi' }, finish_reason: word }] });
    expect(read(data, '[DONE] ')).toMatchObject({ text: 'Hi', isFinished: true, finishReason });
  });

  it.each([
    ['abort', 'upstream-failed'],
    ['error', 'upstream-failed'],
    ['MALFORMED_FUNCTION_CALL', 'bad-tool-call'],
    ['function_call_filter: MALFORMED_FUNCTION_CALL', 'bad-tool-call'],
  ])('fails by %s', (word, code) => {
    const data = JSON.stringify({ choices: [{ delta: {}, finish_reason: word }] });
    expect(() => read(data)).toThrow(expect.objectContaining({ code }));
  });
});
