import { describe, expect, it } from 'vitest';
import { createSpeech } from '../../../../src/backends/language-model/speech.ts';

/** What comes of a text that arrives whole, and of one that arrives letter by letter. */
function heardOf(text: string, showsThoughts = false) {
  return [[text], Array.from(text)].map((pieces) => {
    const speech = createSpeech({ showsThoughts });
    const heard = [...pieces.map((piece) => speech.hear(piece)), speech.end()];
    return { text: heard.map((each) => each.text).join(''), calls: heard.flatMap((each) => each.calls) };
  });
}

const call = { name: 'search_catalog', arguments: '{"query":"hoodie"}' };

describe('what a model says', () => {
  it.each([
    ['Hello', 'Hello'],
    ['a < b, [1], <b>bold</b> and <thin', 'a < b, [1], <b>bold</b> and <thin'],
    ['<think>\nHm.\n</think>\n\nHello', '\n\nHello'],
    ['\n<thinking>Hm.</thinking>Hello', '\nHello'],
    ['<think>Hm, <b>', ''],
    ['Use <think> in HTML', 'Use <think> in HTML'],
    ['', ''],
  ])('%j is told as %j', (text, told) => {
    for (const heard of heardOf(text)) expect(heard).toEqual({ text: told, calls: [] });
  });

  it('is told after what it thinks also where the beginning of that is missing', () => {
    expect(heardOf('Hm.\n</think>\nHello')[0]?.text).toBe('\nHello');
  });

  it('is told with what it thinks where that is to be shown', () => {
    for (const heard of heardOf('<think>Hm.</think>Hello', true)) expect(heard.text).toBe('<think>Hm.</think>Hello');
  });

  it.each([
    ['<tool_call>\n{"name": "search_catalog", "arguments": {"query": "hoodie"}}\n</tool_call>', ''],
    ['<tool_call>{"name":"search_catalog","arguments":"{\\"query\\":\\"hoodie\\"}"}', ''],
    [
      'Let me look.\n<function_call>{"name":"search_catalog","parameters":{"query":"hoodie"}}</function_call>',
      'Let me look.\n',
    ],
    ['<function=search_catalog>{"query":"hoodie"}</function>', ''],
    ['<function=search_catalog={"query":"hoodie"}</function>', ''],
    ['<tool_call><function=search_catalog><parameter=query>hoodie</parameter></function></tool_call>', ''],
    ['[TOOL_CALLS] [{"name":"search_catalog","arguments":{"query":"hoodie"}}]', ''],
    ['<tool_call>{"function":{"name":"search_catalog","arguments":{"query":"hoodie"}}}</tool_call> Done', ' Done'],
    ['<think>I call.</think><tool_call>{"name":"search_catalog","arguments":{"query":"hoodie"}}</tool_call>', ''],
  ])('%s is a call, and not for the visitor', (text, told) => {
    for (const heard of heardOf(text)) expect(heard).toEqual({ text: told, calls: [call] });
  });

  it('that calls nothing that can be read is a call that cannot be run', () => {
    for (const heard of heardOf('<tool_call>search, please</tool_call>')) {
      expect(heard).toEqual({ text: '', calls: [{ name: '', arguments: 'search, please' }] });
    }
  });

  it('has several calls, in one place or in several', () => {
    const one = '{"name":"search_catalog","arguments":{"query":"hoodie"}}';
    for (const heard of heardOf(`<tool_call>${one}</tool_call><tool_call>${one}</tool_call>`)) {
      expect(heard.calls).toEqual([call, call]);
    }
    for (const heard of heardOf(`<tool_calls>[${one},${one}]</tool_calls>`)) expect(heard.calls).toEqual([call, call]);
    for (const heard of heardOf(`<tool_call>\n${one}\n${one}\n</tool_call>`)) expect(heard.calls).toEqual([call, call]);
  });

  it('without an end of its markup is refused', () => {
    expect(() => createSpeech({ showsThoughts: false }).hear(`<think>${'x'.repeat(4_000_001)}`)).toThrow('without end');
  });
});
