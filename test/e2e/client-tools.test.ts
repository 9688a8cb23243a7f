import OpenAI, { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { runOverModel, type Vendor, vendors } from '../support/over-model.ts';
import { type VendorCall, vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from '../support/vendor-server.ts';

let server: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});

async function start(vendor: Vendor, settings: object = {}): Promise<OpenAI> {
  gateway = await runOverModel(vendor, server.url, settings);
  return new OpenAI({ apiKey: 'demo-key', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
}

const model = 'support-agent';
const parameters = { type: 'object', properties: { number: { type: 'string' } } };
const orderTool = { type: 'function' as const, function: { name: 'get_order', description: 'An order', parameters } };
const question = {
  model,
  messages: [{ role: 'user' as const, content: 'Where is order 17?' }] as OpenAI.ChatCompletionMessageParam[],
  tools: [orderTool] as OpenAI.ChatCompletionTool[],
};
const order = (id: string, number = '17'): VendorCall => ({
  id,
  name: 'get_order',
  arguments: JSON.stringify({ number }),
});
const search: VendorCall = { id: 'v_s', name: 'search_catalog', arguments: JSON.stringify({ query: 'blue hoodie' }) };
const bare = { catalog: undefined };

const after = (
  message: OpenAI.ChatCompletionMessage | undefined,
  results: Readonly<Record<string, string>>,
): OpenAI.ChatCompletionMessageParam[] => [
  ...question.messages,
  ...(message === undefined ? [] : [message]),
  ...Object.entries(results).map(([id, content]) => ({ role: 'tool' as const, tool_call_id: id, content })),
];

/** The calls and results of a request, whatever the vendor. */
function roundsIn({ json }: RawRequest, vendor: Vendor): unknown[] {
  if (vendor === 'openai') {
    return json.messages.flatMap(({ role, tool_calls: made = [], tool_call_id: id, content }: any) =>
      role === 'tool'
        ? [[id, content]]
        : made.map((call: any) => [call.id, call.function.name, call.function.arguments]),
    );
  }
  return json.messages.flatMap(({ content }: any) =>
    content.flatMap((block: any) => {
      if (block.type === 'tool_use') return [[block.id, block.name, JSON.stringify(block.input)]];
      return block.type === 'tool_result' ? [[block.tool_use_id, block.content]] : [];
    }),
  );
}

const toolsIn = ({ json }: RawRequest, vendor: Vendor): string[] =>
  json.tools.map((tool: any) => (vendor === 'openai' ? tool.function.name : tool.name));

describe.each(vendors)("a client's tools over %s", (vendor) => {
  const { whole, opening, delta, calls } = vendorReplies[vendor];

  it.each([false, true])('are called, and their results told, the answer streamed: %s', async (stream) => {
    const client = await start(vendor, bare);
    const answer = async () => {
      if (!stream) return (await client.chat.completions.create(question)).choices[0];
      return (await client.chat.completions.stream(question).finalChatCompletion()).choices[0];
    };
    const asking = answer();
    const asked = await server.next();
    expect(toolsIn(asked, vendor)).toEqual(['get_order']);
    if (stream) asked.end(opening + delta('One moment.') + calls([order('v_1'), order('v_2', '18')]));
    else asked.answer(200, whole('One moment.', [order('v_1'), order('v_2', '18')]));
    const choice = await asking;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'One moment.',
        tool_calls: [
          { id: 'v_1', type: 'function', function: { name: 'get_order', arguments: '{"number":"17"}' } },
          { id: 'v_2', type: 'function', function: { name: 'get_order', arguments: '{"number":"18"}' } },
        ],
      },
    });
    const next = client.chat.completions.create({
      ...question,
      messages: after(choice?.message, { v_2: 'Lost', v_1: 'Under way' }),
    });
    const again = await server.next();
    expect(roundsIn(again, vendor)).toEqual([
      ['v_1', 'get_order', '{"number":"17"}'],
      ['v_2', 'get_order', '{"number":"18"}'],
      ['v_1', 'Under way'],
      ['v_2', 'Lost'],
    ]);
    again.answer(200, whole('One is under way, one is lost.'));
    expect((await next).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'One is under way, one is lost.' },
    });
  });

  it('are called beside ours: ours are run, theirs handed out, and the model hears of both again', async () => {
    const client = await start(vendor);
    const asking = client.chat.completions.create(question);
    const first = await server.next();
    expect(toolsIn(first, vendor)).toEqual(['get_order', 'search_catalog', 'show_items']);
    first.answer(200, whole('', [search]));
    const second = await server.next();
    second.answer(200, whole('', [{ ...search, id: 'v_t' }, order('v_2')]));
    const [choice] = (await asking).choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    const [call, ...others] = choice?.message.tool_calls ?? [];
    expect(others).toEqual([]);
    expect(call?.id.length).toBeLessThanOrEqual(40);
    const next = client.chat.completions.create({
      ...question,
      messages: after(choice?.message, { [call?.id ?? '']: 'Under way' }),
    });
    const third = await server.next();
    const found = expect.stringContaining('1234567890123');
    expect(roundsIn(third, vendor)).toEqual([
      ['v_s', 'search_catalog', search.arguments],
      ['v_s', found],
      ['v_t', 'search_catalog', search.arguments],
      ['v_2', 'get_order', '{"number":"17"}'],
      ['v_t', found],
      ['v_2', 'Under way'],
    ]);
    third.answer(200, whole('Under way'));
    await next;
  });

  it('stand in for ours of the same name', async () => {
    const client = await start(vendor);
    const own = { type: 'function' as const, function: { name: 'search_catalog', parameters } };
    const asking = client.chat.completions.create({ ...question, tools: [own] });
    const asked = await server.next();
    expect(toolsIn(asked, vendor)).toEqual(['search_catalog', 'show_items']);
    asked.answer(200, whole('', [search]));
    expect((await asking).choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'search_catalog' } }]);
  });

  it('are demanded, forbidden, or called one at a time, as the client says', async () => {
    const client = await start(vendor);
    const named = { type: 'function' as const, function: { name: 'get_order' } };
    const said = async (more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) => {
      const asking = client.chat.completions.create({ ...question, ...more });
      const asked = await server.next();
      asked.answer(200, whole('', [order('v_1'), order('v_2')].slice(0, more.tool_choice === 'none' ? 0 : 2)) ?? '');
      if (more.tool_choice === 'none') await asking.catch(() => undefined);
      else
        expect((await asking).choices[0]?.message.tool_calls).toHaveLength(more.parallel_tool_calls === false ? 1 : 2);
      return [toolsIn(asked, vendor).length, asked.json.tool_choice, asked.json.parallel_tool_calls];
    };
    const expected: Record<Vendor, unknown[]> = {
      openai: [
        [1, 'required', undefined],
        [1, named, undefined],
        [3, 'auto', false],
        [2, 'auto', undefined],
      ],
      anthropic: [
        [1, { type: 'any' }, undefined],
        [1, { type: 'tool', name: 'get_order' }, undefined],
        [3, { type: 'auto', disable_parallel_tool_use: true }, undefined],
        [2, { type: 'auto' }, undefined],
      ],
    };
    expect([
      await said({ tool_choice: 'required' }),
      await said({ tool_choice: named }),
      await said({ parallel_tool_calls: false }),
      await said({ tool_choice: 'none' }),
    ]).toEqual(expected[vendor]);
  });

  it('are called with what is no JSON: the model is told once, then the answer has failed', async () => {
    const client = await start(vendor, bare);
    const wrong = { ...order('v_1'), arguments: '{"number": 17' };
    const answerWith = (asked: RawRequest, call: VendorCall) => asked.end(opening + delta(' ') + calls([call]));
    const ask = () => client.chat.completions.stream(question).finalChatCompletion();
    const mended = ask();
    answerWith(await server.next(), wrong);
    const again = await server.next();
    expect(roundsIn(again, vendor)).toEqual([
      ['v_1', 'get_order', '{}'],
      ['v_1', expect.stringContaining('no JSON')],
    ]);
    answerWith(again, order('v_2'));
    const [choice] = (await mended).choices;
    expect(choice?.message.tool_calls).toMatchObject([{ function: { arguments: '{"number":"17"}' } }]);
    const broken = ask().catch((thrown: unknown) => thrown);
    answerWith(await server.next(), wrong);
    answerWith(await server.next(), wrong);
    expect(await broken).toBeInstanceOf(APIError);
    expect(await broken).toMatchObject({ status: 502 });
  });

  it('are not those that a model makes up: it is told so, and answers', async () => {
    const client = await start(vendor, bare);
    const asking = client.chat.completions.create(question);
    (await server.next()).answer(200, whole('', [{ id: 'v_1', name: 'get_weather', arguments: '{}' }]));
    const again = await server.next();
    expect(roundsIn(again, vendor)).toEqual([
      ['v_1', 'get_weather', '{}'],
      ['v_1', expect.stringContaining('no tool')],
    ]);
    again.answer(200, whole('I cannot say.'));
    expect((await asking).choices[0]?.message.content).toBe('I cannot say.');
  });

  it('leave a history that any vendor takes: what has no result, or no call, is left out (a chat begun elsewhere goes on)', async () => {
    const client = await start(vendor, bare);
    const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'old_tool', arguments: 'none' } });
    const asking = client.chat.completions.create({
      model,
      messages: [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
        { role: 'tool', tool_call_id: 'a', content: 'A' },
        { role: 'tool', tool_call_id: 'z', content: 'Z' },
        { role: 'assistant', content: null, tool_calls: [call('c')] },
        { role: 'user', content: 'Two' },
      ],
    });
    const asked = await server.next();
    expect(roundsIn(asked, vendor)).toEqual([
      ['a', 'old_tool', '{}'],
      ['a', 'A'],
    ]);
    if (vendor === 'anthropic') {
      expect(asked.json).toMatchObject({ tools: [{ name: 'old_tool' }], tool_choice: { type: 'none' } });
      expect(
        asked.json.messages.map(({ role, content }: any) => [role, ...content.map(({ type }: any) => type)]),
      ).toEqual([
        ['user', 'text'],
        ['assistant', 'tool_use'],
        ['user', 'tool_result', 'text'],
      ]);
    }
    asked.answer(200, whole('Three'));
    await asking;
  });
});

describe('what follows the message of the user', () => {
  const told = (characters: number) => {
    const calls = ['a', 'b'].map((id) => ({ id, type: 'function' as const, function: order(id) }));
    const given = '{"number":"17"}get_order'.length; // of each call
    const half = 'x'.repeat(characters / 2 - given);
    return {
      model,
      messages: [
        ...question.messages,
        { role: 'assistant' as const, content: null, tool_calls: calls },
        ...['a', 'b'].map((id) => ({ role: 'tool' as const, tool_call_id: id, content: half })),
      ],
    };
  };

  it('is told whole up to its bound, and refused beyond: no result is left out in silence', async () => {
    const client = await start('openai', { ...bare, history: { characters: 100 } });
    const asking = client.chat.completions.create(told(262_144));
    const asked = await server.next();
    expect(asked.body.length).toBeGreaterThan(262_000);
    asked.answer(200, vendorReplies.openai.whole('Lost'));
    expect((await asking).choices[0]?.message.content).toBe('Lost');
    const refused = client.chat.completions.create(told(262_146));
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });
});

describe('what a vendor needs back is brought back with the results of a client', () => {
  const ask = (client: OpenAI, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
    client.chat.completions.create({ ...question, ...more });

  it('is the thinking of Claude with its signature, before the calls (vercel/ai, LangChain: thinking blocks lost in tool rounds)', async () => {
    const client = await start('anthropic', bare);
    const thinking = { type: 'thinking', thinking: 'An order…', signature: 'c2ln' };
    const asking = ask(client);
    const message = { role: 'assistant', model: 'm', stop_reason: 'tool_use', usage: {} };
    const use = { type: 'tool_use', id: 'toolu_1', name: 'get_order', input: { number: '17' } };
    (await server.next()).answer(200, {
      ...message,
      content: [thinking, { type: 'redacted_thinking', data: 'x' }, use],
    });
    const [choice] = (await asking).choices;
    const id = choice?.message.tool_calls?.[0]?.id ?? '';
    // What most libraries send back: the calls alone, in their own words.
    const bareMessage = { role: 'assistant', content: null, refusal: null, tool_calls: choice?.message.tool_calls };
    const next = ask(client, { messages: after(bareMessage as OpenAI.ChatCompletionMessage, { [id]: 'Under way' }) });
    const again = await server.next();
    expect(again.json.messages.slice(1)).toEqual([
      { role: 'assistant', content: [thinking, { type: 'redacted_thinking', data: 'x' }, use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Under way' }] },
    ]);
    again.answer(200, vendorReplies.anthropic.whole('Under way'));
    await next;
  });

  it('is what Gemini and DeepSeek say beside calls and in messages, under the ids that they gave', async () => {
    const client = await start('openai', bare);
    const made = {
      role: 'assistant',
      content: null,
      reasoning_content: 'An order…',
      tool_calls: [
        {
          id: '',
          type: 'function',
          function: { name: 'get_order', arguments: '{"number":"17"}' },
          extra_content: { google: { thought_signature: 'c2ln' } },
        },
      ],
    };
    const asking = ask(client);
    (await server.next()).answer(200, { choices: [{ index: 0, message: made, finish_reason: 'tool_calls' }] });
    const [choice] = (await asking).choices;
    expect(JSON.stringify(choice)).not.toMatch(/c2ln|reasoning/);
    const id = choice?.message.tool_calls?.[0]?.id ?? '';
    const next = ask(client, { messages: after(choice?.message, { [id]: 'Under way' }) });
    const again = await server.next();
    const [, assistant, tool] = again.json.messages;
    expect(assistant).toEqual({ ...made, tool_calls: [{ ...made.tool_calls[0], id: 'call_0' }] });
    expect(tool).toEqual({ role: 'tool', tool_call_id: 'call_0', content: 'Under way' });
    again.answer(200, vendorReplies.openai.whole('Under way'));
    await next;
  });

  it('is told to nobody else: no transcript, no other dialect, no other user', async () => {
    const client = await start('openai', bare);
    const asking = ask(client, { user: 'ann' }).withResponse();
    const made = {
      role: 'assistant',
      reasoning_content: 'A secret thought',
      tool_calls: [{ id: 'v_1', type: 'function', function: { name: 'get_order', arguments: '{}' } }],
    };
    (await server.next()).answer(200, { choices: [{ index: 0, message: made, finish_reason: 'tool_calls' }] });
    const { response, data } = await asking;
    const chat = (response.headers.get('x-conversation-id') ?? '').replace(
      /^conv_(.{8})(.{4})(.{4})(.{4})/,
      '$1-$2-$3-$4-',
    );
    const transcript = await send('GET', `${gateway.url}/admin/v1/conversations/${chat}/messages`, {
      headers: { authorization: 'Bearer demo-admin' },
    });
    const listed = await send('GET', `${gateway.url}/v1/chats/${chat}/messages`, {
      headers: { 'x-api-key': 'demo-key' },
    });
    expect([transcript.status, listed.status]).toEqual([200, 200]);
    expect(JSON.stringify([transcript.body, listed.body])).not.toContain('secret thought');
    const message = data.choices[0]?.message;
    const results = { [message?.tool_calls?.[0]?.id ?? '']: 'Under way' };
    const told = async (user: string) => {
      const next = ask(client, { messages: after(message, results), user });
      const again = await server.next();
      again.answer(200, vendorReplies.openai.whole('Under way'));
      await next;
      return again.body.includes('A secret thought');
    };
    expect([await told('bob'), await told('ann')]).toEqual([false, true]);
  });
});
