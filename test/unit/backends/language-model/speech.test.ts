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
    ['[THINK]Hm.[/THINK]Hello [1]', 'Hello [1]'],
    ['<|START_THINKING|>Hm.<|END_THINKING|>Hello', 'Hello'],
    ['◁think▷Hm.◁/think▷Hello', 'Hello'],
    ['<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>', 'Hello'],
    ['<|start|>assistant<|channel|>final<|message|>a <| b', 'a <| b'],
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

  // As models write them: GLM, Kimi, DeepSeek (two), MiniMax, Mistral, Nemotron, Cohere, gpt-oss.
  it.each([
    '<tool_call>search_catalog\n<arg_key>query</arg_key>\n<arg_value>hoodie</arg_value>\n</tool_call>',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.search_catalog:0<|tool_call_argument_begin|>{"query":"hoodie"}<|tool_call_end|><|tool_calls_section_end|>',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search_catalog\n```json\n{"query":"hoodie"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search_catalog<｜tool▁sep｜>{"query":"hoodie"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    '<｜DSML｜function_calls><｜DSML｜invoke name="search_catalog"><｜DSML｜parameter name="query" string="true">hoodie</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>',
    '<minimax:tool_call>\n<invoke name="search_catalog">\n<parameter name="query">hoodie</parameter>\n</invoke>\n</minimax:tool_call>',
    '[TOOL_CALLS]search_catalog[ARGS]{"query":"hoodie"}',
    '<TOOLCALL>[{"name":"search_catalog","arguments":{"query":"hoodie"}}]</TOOLCALL>',
    '<|START_ACTION|>[{"tool_call_id":"0","tool_name":"search_catalog","parameters":{"query":"hoodie"}}]<|END_ACTION|>',
    '<|channel|>analysis<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.search_catalog <|constrain|>json<|message|>{"query":"hoodie"}<|call|>',
  ])('%s is a call', (text) => {
    for (const heard of heardOf(text)) expect(heard).toEqual({ text: '', calls: [call] });
  });

  it('has several calls in one section', () => {
    const one = (index: number) =>
      `<|tool_call_begin|>functions.search_catalog:${index}<|tool_call_argument_begin|>{"query":"hoodie"}<|tool_call_end|>`;
    for (const heard of heardOf(`<|tool_calls_section_begin|>${one(0)}${one(1)}<|tool_calls_section_end|>`)) {
      expect(heard.calls).toEqual([call, call]);
    }
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
