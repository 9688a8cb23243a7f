import { afterEach, describe, expect, it } from 'vitest';
import { hang, type OverWire, runOverWire, wire, wireClients } from '../support/field-wires.ts';

const { chunk, data, done, document, stream } = wire;

let over: OverWire;
afterEach(() => over.close());

const hel = chunk({ content: 'Hel' });
const lo = chunk({ content: 'lo!' });
const stop = chunk({}, 'stop');
const whole = JSON.stringify({ choices: [{ index: 0, message: { content: 'Hello!' }, finish_reason: 'stop' }] });

const openai: Readonly<Record<string, readonly (string | number)[]>> = {
  'finished, without an end of the connection': [hel, lo, stop, hang],
  'finished in each of its words': [
    chunk({ content: 'Hel' }, 'stop'),
    700,
    chunk({ content: 'lo!' }, 'stop'),
    700,
    done,
  ],
  'with a reason that is the text null': [chunk({ content: 'Hel' }, 'null'), 20, lo, stop, done],
  'with an end mark in quotes': [hel, lo, stop, 'data: "[DONE]"\n\n'],
  'with an end mark and no reason': [hel, lo, done],
  'with signs of life that have names': ['event: ping\ndata: {}\n\n', 'event: alive\ndata: ping\n\n', hel, lo, stop],
  'whose choice has its number as text': [data({ choices: [{ index: '0', delta: { content: 'Hello!' } }] }), stop],
  'with content that is one part': [chunk({ content: { type: 'text', text: 'Hello!' } }), stop, done],
};

describe('an answer of a server that speaks as OpenAI', () => {
  it.each(Object.entries(openai))('is read: %s', async (_what, frames) => {
    over = await runOverWire({ type: 'openai', answerTo: () => stream(frames) });
    for (const client of ['openai-stream', 'openai-plain'] as const) {
      const told = await wireClients[client](over.gateway.url, { message: 'Hi' });
      expect(told).toMatchObject({ status: 200, text: 'Hello!', failed: false });
    }
  });

  it('is read in an encoding that is none', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'utf-8' };
    over = await runOverWire({ type: 'openai', answerTo: () => document(200, whole, headers) });
    expect(await wireClients['openai-plain'](over.gateway.url, { message: 'Hi' })).toMatchObject({ text: 'Hello!' });
  });

  it.each([
    [
      'Moonshot: in the choice',
      chunk({}, 'stop', { usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, cached_tokens: 4 } }),
    ],
    [
      'DeepSeek: cached beside',
      data({
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, prompt_cache_hit_tokens: 4 },
      }),
    ],
  ])('has its tokens counted: %s', async (_from, counted) => {
    over = await runOverWire({ type: 'openai', answerTo: () => stream([hel, lo, stop, counted, done]) });
    const { usage } = await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' });
    expect(usage).toMatchObject({ prompt_tokens: 9, total_tokens: 11, prompt_tokens_details: { cached_tokens: 4 } });
  });

  it('has its tool called once where the call is told once more at its end', async () => {
    const call = { tool_calls: [wire.call('a')] };
    over = await runOverWire({
      type: 'openai',
      settings: { catalog: 'shop' },
      answerTo: ({ j }) =>
        j.messages.some(({ role }: any) => role === 'tool')
          ? wire.answer(j, { content: 'Hello!' })
          : stream([chunk(call), chunk(call), chunk({}, 'tool_calls'), done]),
    });
    expect(await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' })).toMatchObject({ text: 'Hello!' });
    expect(over.asked[1].messages.at(-2).tool_calls).toMatchObject(
      [wire.call('a', { index: undefined })].map(({ index: _, ...one }) => one),
    );
  });
});

const event = (json: { readonly type: string; readonly [name: string]: unknown }): string =>
  `event: ${json.type}\n${data(json)}`;
const begun = event({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage: {} } });
const blockOf = (index: number, block: object, ...deltas: readonly object[]): string =>
  event({ type: 'content_block_start', index, content_block: block }) +
  deltas.map((delta) => event({ type: 'content_block_delta', index, delta })).join('') +
  event({ type: 'content_block_stop', index });
const ended = (reason: string): string =>
  event({ type: 'message_delta', delta: { stop_reason: reason }, usage: {} }) + event({ type: 'message_stop' });
const said = blockOf(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hello!' });

describe('an answer of a server that speaks as Anthropic', () => {
  it.each([
    ['an end mark of the other vendor', stream([begun, said, done])],
    [
      'a sign of life that is no JSON',
      stream(['event: vertex_event\ndata: hello\n\n', begun, said, ended('end_turn')]),
    ],
    ['content that is one text', document(200, { content: 'Hello!', stop_reason: 'end_turn' })],
  ])('is read: %s', async (_what, answer) => {
    over = await runOverWire({ type: 'anthropic', answerTo: () => answer });
    expect(await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' })).toMatchObject({
      text: 'Hello!',
      failed: false,
    });
  });

  it('is repeated with the tools that the vendor ran by itself, and what they were given', async () => {
    const ran = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const found = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ encrypted_content: 'E' }] };
    const input = (json: string) => ({ type: 'input_json_delta', partial_json: json });
    const calling = [
      blockOf(0, ran, input('{"query":'), input('"x"}')),
      blockOf(1, found),
      blockOf(2, { type: 'tool_use', id: 't', name: 'search_catalog', input: {} }, input('{"query":"hat"}')),
    ];
    over = await runOverWire({
      type: 'anthropic',
      settings: { catalog: 'shop' },
      answerTo: ({ n }) =>
        n === 1 ? stream([begun, ...calling, ended('tool_use')]) : stream([begun, said, ended('end_turn')]),
    });
    expect(await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' })).toMatchObject({ text: 'Hello!' });
    const [first, second, third] = over.asked[1].messages.at(-2).content;
    expect([first, second]).toEqual([{ ...ran, input: { query: 'x' } }, found]);
    expect(third).toMatchObject({ type: 'tool_use', input: { query: 'hat' } });
  });
});
