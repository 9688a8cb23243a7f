import { describe, expect, it } from 'vitest';
import { answered, newerHalf } from '../../../../src/backends/language-model/history.ts';
import { readable } from '../../../../src/backends/language-model/refusals.ts';
import { quirks } from '../../../../src/backends/openai/quirks.ts';

describe('what an operator may read of what a vendor says', () => {
  const unsaid = { secrets: ['vendor-key'], texts: ['My secret question is how to bake bread'] };

  it.each([
    [
      'max_tokens is too large: 99999. This model supports at most 16384',
      'max_tokens is too large: 99999. This model supports at most 16384',
    ],
    ['Incorrect key vendor-key', 'Incorrect key …'],
    ['Incorrect API key provided: sk-proj-abcdefgh12345678', 'Incorrect API key provided: …'],
    ['You said "my secret question"', 'You said …'],
    ['The text how to bake bread is not allowed', 'The text how to … … is not allowed'],
    ['Two\n lines', 'Two lines'],
  ])('%j is %j', (said, read) => {
    expect(readable(said, unsaid)).toBe(read);
  });

  it('is cut', () => {
    expect(readable('a b '.repeat(500), unsaid)).toHaveLength(200);
  });
});

describe('what is told in place of what was refused', () => {
  const said = [
    { role: 'visitor' as const, text: 'one' },
    { role: 'assistant' as const, text: 'two' },
    { role: 'visitor' as const, text: 'nobody answers this' },
    { role: 'visitor' as const, text: 'three' },
    { role: 'assistant' as const, text: 'four' },
    { role: 'visitor' as const, text: 'now' },
  ];

  it('is without what nobody answered', () => {
    expect(answered(said).map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four', 'now']);
  });

  it('is the newer half, and begins with the visitor', () => {
    expect(newerHalf(answered(said)).map(({ text }) => text)).toEqual(['three', 'four', 'now']);
    expect(newerHalf(said.slice(-1)).map(({ text }) => text)).toEqual(['now']);
  });
});

describe('a server that does not take the usual request', () => {
  const body = {
    model: 'm',
    max_tokens: 9,
    temperature: 0.5,
    tool_choice: 'auto',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: 'You are Kim.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: [] },
    ],
  };

  it.each([
    [{ detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'x' }] }, 'no-stream-options'],
    [{ param: 'max_tokens', message: "Use 'max_completion_tokens' instead." }, 'max-completion-tokens'],
    [{ param: 'max_tokens', message: 'max_tokens is too large: 99999. This model supports at most 16384' }, undefined],
    [{ message: "Invalid 'max_tokens': integer below minimum value" }, undefined],
    [{ message: "Unsupported value: 'temperature' does not support 0.5" }, 'no-temperature'],
    [{ message: 'tool_choice is not supported' }, 'no-tool-choice'],
    [{ message: "'messages[0].role' does not support 'system' with this model" }, 'system-as-developer'],
    [{ message: 'messages.2.content: expected a string, got null' }, 'empty-content'],
    [{ message: 'Streaming is not supported' }, 'no-stream'],
    [{ message: 'No.' }, undefined],
    [undefined, undefined],
  ])('and says %j has the quirk %s', (error, quirk) => {
    expect(quirks.quirkIn(error, body)).toBe(quirk);
  });

  it('is asked in its own way', () => {
    const bent: any = quirks.bend(
      body,
      new Set(['max-completion-tokens', 'system-as-user', 'empty-content', 'no-stream']),
    );
    expect(bent).toMatchObject({ max_completion_tokens: 9, stream: false, temperature: 0.5 });
    expect(bent).not.toHaveProperty('max_tokens');
    expect(bent).not.toHaveProperty('stream_options');
    expect(bent.messages).toEqual([
      { role: 'user', content: 'You are Kim.\n\nHi' },
      { role: 'assistant', content: '', tool_calls: [] },
    ]);
    expect(quirks.bend(body, new Set())).toBe(body);
  });
});
