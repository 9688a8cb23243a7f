import { once } from 'node:events';
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

/** The vendor's own client, as anybody would set it up. */
async function start(options: TestGatewayOptions = {}): Promise<OpenAI> {
  gateway = await runGateway(options);
  return clientWith('demo-key');
}

const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });

/** Says two words and counts them. */
const counting: Backend = {
  name: 'counting',
  async *answer(_turn, { replyId }) {
    yield await Promise.resolve([
      { type: 'reply-start' as const, replyId },
      { type: 'text-delta' as const, text: 'Two ' },
    ]);
    yield [
      { type: 'text-delta', text: 'words' },
      { type: 'items-found', items: [{ id: '1', title: 'Desk' }] },
      {
        type: 'reply-end',
        finishReason: 'length',
        model: 'hidden-model',
        usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
      },
    ];
  },
};

const model = 'support-agent';
const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });

async function failureOf(call: PromiseLike<unknown>): Promise<APIError> {
  const thrown: unknown = await Promise.resolve(call).then(
    () => new Error('the call did not fail'),
    (reason: unknown) => reason,
  );
  if (thrown instanceof APIError) return thrown;
  throw thrown;
}

const until = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

const tool = {
  type: 'function' as const,
  function: { name: 'get_order', parameters: { type: 'object', properties: { number: { type: 'string' } } } },
};

describe('the official openai client', () => {
  it('is answered by the catalogue', async () => {
    const client = await start();
    const { data, response } = await client.chat.completions.create(ask('Do you ship to Canada?')).withResponse();
    expect(data).toMatchObject({ object: 'chat.completion', model, choices: [{ index: 0, finish_reason: 'stop' }] });
    expect(data.id).toMatch(/^chatcmpl-/);
    expect(data.choices[0]?.message).toMatchObject({ role: 'assistant', refusal: null });
    expect(data.choices[0]?.message.content).toMatch(/Canada/);
    expect(Math.abs(data.created * 1_000 - Date.now())).toBeLessThan(600_000);
    expect(response.headers.get('x-conversation-id')).toMatch(/^conv_[0-9a-f]{32}$/);
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('999');
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1h0m0s|59m\d+s)$/);
  });

  it('is told why an answer ended, what it took, and the name that it asked by', async () => {
    const client = await start({ backends: { shop: counting } });
    const answer = await client.chat.completions.create(ask('Hi'));
    expect(answer).toMatchObject({
      model,
      choices: [{ message: { content: 'Two words' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(JSON.stringify(answer)).not.toContain('hidden-model');
  });

  it('reads a stream to its end, with the usage where it asked for it', async () => {
    const client = await start({ backends: { shop: counting } });
    const read = async (stream_options: OpenAI.ChatCompletionStreamOptions | null) => {
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      const stream = await client.chat.completions.create({ ...ask('Hi'), stream: true, stream_options });
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const silent = await read(null);
    expect(silent.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Two ' },
      { content: 'words' },
      {},
    ]);
    expect(silent.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, 'length']);
    expect(silent.some((chunk) => 'usage' in chunk)).toBe(false);
    const told = await read({ include_usage: true });
    expect(told.slice(0, 4).map(({ choices, usage }) => [choices[0]?.delta, usage])).toEqual(
      silent.map(({ choices }) => [choices[0]?.delta, null]),
    );
    expect(told.slice(4)).toMatchObject([
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
    ]);
    for (const chunks of [silent, told]) {
      expect(
        new Set(chunks.map(({ id, object, model: name, created }) => `${id} ${object} ${name} ${created}`)).size,
      ).toBe(1);
    }
  });

  it('sees words as they are said, and stops the answer when it leaves (failures 9, 21)', async () => {
    const { backend, next } = createScriptedBackend();
    const client = await start({ backends: { shop: backend } });
    const opening = client.chat.completions.create({ ...ask('Hi'), stream: true });
    const reply = await next();
    reply.say({ type: 'text-delta', text: 'One' });
    const stream = await opening;
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    expect((await chunks.next()).value?.choices[0]?.delta.content).toBe('One');
    reply.say({ type: 'text-delta', text: 'Two' });
    expect((await chunks.next()).value?.choices[0]?.delta.content).toBe('Two');
    stream.controller.abort();
    await until(reply.call.signal);
    expect(reply.call.signal.reason).toMatchObject({ code: 'client-closed' });
  });

  it('throws where an answer breaks off in the middle (failures 11, 12, 14)', async () => {
    const { backend, next } = createScriptedBackend();
    const client = await start({ backends: { shop: backend } });
    const opening = client.chat.completions.create({ ...ask('Hi'), stream: true });
    const reply = await next();
    reply.say({ type: 'text-delta', text: 'One' });
    const heard: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of await opening) {
        heard.push(chunk.choices[0]?.delta.content);
        if (heard.length === 2) reply.fail(new GatewayError('upstream-failed', 'secret'));
      }
    })();
    const error = await failureOf(reading);
    expect(heard).toEqual(['', 'One']);
    expect(error).toMatchObject({ type: 'server_error', error: { message: 'The answer could not be obtained' } });
  });

  it('is given a status where an answer fails before its first word (failures 17, 18)', async () => {
    const { backend, next } = createScriptedBackend();
    const client = await start({ backends: { shop: backend } });
    const opening = client.chat.completions.create({ ...ask('Hi'), stream: true });
    (await next()).fail(new GatewayError('upstream-timeout', 'secret'));
    const error = await failureOf(opening);
    expect(error).toMatchObject({ status: 504, type: 'server_error' });
    expect(error.message).not.toContain('secret');
  });

  it('is known by its key, and is told what is wrong in the classes that it knows', async () => {
    const client = await start({
      configure: (demo) => {
        demo.tenants[0].keys[0].limits = { requests: { points: 3, seconds: 3600 } };
      },
    });
    const wrong = await failureOf(clientWith('wrong-key').chat.completions.create(ask('Hi')));
    expect(wrong).toBeInstanceOf(AuthenticationError);
    expect(wrong).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    const unknown = await failureOf(client.chat.completions.create({ ...ask('Hi'), model: 'gpt-9' }));
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ status: 404, code: 'model_not_found' });
    const twofold = await failureOf(client.chat.completions.create({ ...ask('Hi'), n: 2 }));
    expect(twofold).toBeInstanceOf(BadRequestError);
    expect(twofold).toMatchObject({ status: 400, param: 'n' });
    await client.models.list();
    const limited = await failureOf(client.models.list());
    expect(limited).toBeInstanceOf(RateLimitError);
    expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
    expect(Number(limited.headers?.get('retry-after'))).toBeGreaterThan(0);
  });

  it('does not ask again where that is no use', async () => {
    let asked = 0;
    await start({
      backends: {
        shop: {
          name: 'broken',
          // biome-ignore lint/correctness/useYield: it breaks before it says anything
          async *answer() {
            asked += 1;
            throw await Promise.resolve(new GatewayError('upstream-protocol', 'unreadable'));
          },
        },
      },
    });
    const client = new OpenAI({ apiKey: 'demo-key', baseURL: `${gateway.url}/v1`, maxRetries: 2 });
    expect(await failureOf(client.chat.completions.create(ask('Hi')))).toMatchObject({ status: 502 });
    expect(asked).toBe(1);
  });

  it('lists the agents as models, and finds each by its slug and its id', async () => {
    const client = await start();
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['support-agent', 'agent-slug']);
    expect(data[0]).toEqual({
      id: 'support-agent',
      object: 'model',
      created: 0,
      owned_by: 'Demo Store',
      name: 'Support',
    });
    for (const name of ['agent-slug', '7a1d4c3e-9b52-4e08-a6f1-3c8d2b5e7f90']) {
      expect(await client.models.retrieve(name)).toEqual(data[1]);
      const { choices } = await client.chat.completions.create({ ...ask('Hi'), model: name });
      expect(choices).toHaveLength(1);
    }
    expect(await failureOf(client.models.retrieve('gpt-9'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('brings its own history, and everything that it says reaches the backend', async () => {
    const { backend, next } = createScriptedBackend();
    const client = await start({ backends: { shop: backend } });
    const answering = client.chat.completions.create({
      model,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Desks?' }] },
        { role: 'assistant', content: 'Three.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Like this one?' },
            { type: 'image_url', image_url: { url: 'https://shop.example/1.png' } },
          ],
        },
      ],
      safety_identifier: 'ann',
      temperature: 0.2,
      tools: [{ type: 'function', function: { name: 'get_weather' } }],
    });
    const reply = await next();
    expect(reply.turn).toMatchObject({
      text: 'Like this one?',
      attachments: [{ kind: 'image', url: 'https://shop.example/1.png' }],
      participant: { userId: 'ann' },
      history: [
        { role: 'system', text: 'Be brief.' },
        { role: 'visitor', text: 'Desks?' },
        { role: 'assistant', text: 'Three.' },
      ],
      parameters: { temperature: 0.2 },
      tools: { offered: [{ name: 'get_weather' }], choice: 'auto' },
      extra: { openai: { safety_identifier: 'ann' } },
    });
    reply.end();
    expect((await answering).choices[0]?.message.content).toBe('');
  });

  it('is told which hints a backend cannot use, and refused what it cannot do (OpenAI libraries: structured output dropped in silence)', async () => {
    const client = await start();
    const hinted = { ...ask('Hi'), temperature: 0.2, max_tokens: 50, seed: 7, tools: [tool] };
    const { response } = await client.chat.completions.create(hinted).withResponse();
    expect(response.headers.get('x-ignored-parameters')).toBe('temperature, max_tokens, seed');
    const streamed = await client.chat.completions.create({ ...hinted, stream: true }).withResponse();
    expect(streamed.response.headers.get('x-ignored-parameters')).toBe('temperature, max_tokens, seed');
    streamed.data.controller.abort();
    for (const [demand, param] of [
      [{ response_format: { type: 'json_object' as const } }, 'response_format'],
      [{ tools: [tool], tool_choice: 'required' as const }, 'tool_choice'],
    ] satisfies [object, string][]) {
      const refused = await failureOf(client.chat.completions.create({ ...ask('Hi'), ...demand }));
      expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', param });
    }
  });

  it('runs the tools that an answer calls, plain and streamed', async () => {
    const { backend, next } = createScriptedBackend();
    const client = await start({ backends: { shop: backend } });
    const calls = [{ id: 'c1', name: 'get_order', arguments: '{"number":"17"}' }];
    const question = { ...ask('Where is order 17?'), tools: [tool] };
    const whole = client.chat.completions.create(question);
    (await next()).callTools(calls);
    const [choice] = (await whole).choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ id: 'c1', function: { name: 'get_order' } }] },
    });
    const stream = client.chat.completions.stream(question);
    (await next()).callTools(calls);
    expect((await stream.finalChatCompletion()).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'c1', function: { arguments: '{"number":"17"}' } }] },
    });
    const message = choice?.message ?? { role: 'assistant' as const, content: null };
    const after = client.chat.completions.create({
      ...question,
      messages: [...question.messages, message, { role: 'tool', tool_call_id: 'c1', content: 'Under way' }],
    });
    const reply = await next();
    expect(reply.turn).toMatchObject({
      text: 'Where is order 17?',
      history: [],
      afterwards: [
        { role: 'assistant', text: '', calls },
        { role: 'tool', text: 'Under way', callId: 'c1' },
      ],
    });
    reply.end();
    await after;
  });

  it('goes on with a conversation that it names, and never with one that it was not given', async () => {
    const client = await start({ backends: { shop: counting } });
    const withId = (id: string) => ({ headers: { 'x-conversation-id': id } });
    const idOf = async (options = {}) => {
      const { response } = await client.chat.completions.create(ask('Hi'), options).withResponse();
      return response.headers.get('x-conversation-id') ?? '';
    };
    const [first, second] = [await idOf(), await idOf()];
    expect(second).not.toBe(first);
    expect(await idOf(withId(first))).toBe(first);
    const chat = first.replace(/^conv_(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const kept = await send('GET', `${gateway.url}/v1/chats/${chat}/messages`, {
      headers: { 'x-api-key': 'demo-key' },
    });
    expect(kept.body.totalItems).toBe(4);
    const stream = await openStream(`${gateway.url}/v1/chat/completions`, {
      headers: { authorization: 'Bearer demo-key', 'x-conversation-id': first },
      json: { ...ask('Hi'), stream: true },
    });
    expect(stream.headers.get('x-conversation-id')).toBe(first);
    expect((await stream.rest()).at(-1)?.data).toBe('[DONE]');
    for (const id of ['default', 'conv_00000000000000000000000000000000']) {
      expect(await failureOf(client.chat.completions.create(ask('Hi'), withId(id)))).toMatchObject({ status: 404 });
    }
  });

  it('is given one answer for one idempotency key, which stands for its history too', async () => {
    const client = await start({ backends: { shop: counting } });
    const said = (before: string) => ({
      model,
      messages: [
        { role: 'assistant' as const, content: before },
        { role: 'user' as const, content: 'Yes' },
      ],
    });
    const once = { headers: { 'idempotency-key': 'k1' } };
    const first = await client.chat.completions.create(said('In oak?'), once).withResponse();
    const again = await client.chat.completions.create(said('In oak?'), once).withResponse();
    const id = 'x-conversation-id';
    expect(again.response.headers.get(id)).toBe(first.response.headers.get(id));
    expect(again.data.choices).toEqual(first.data.choices);
    const other = client.chat.completions.create(said('Cancel it?'), once);
    expect(await failureOf(other)).toMatchObject({ status: 409, type: 'invalid_request_error' });
  });

  it('is told in the vendor’s words that a body is too large, a path or a method unknown', async () => {
    const client = await start();
    const large = await failureOf(client.chat.completions.create(ask('x'.repeat(2_000_000))));
    expect(large).toMatchObject({ status: 413, type: 'invalid_request_error' });
    const long = await failureOf(client.chat.completions.create(ask('x'.repeat(40_000))));
    expect(long).toMatchObject({ status: 400, param: 'messages[0].content', code: 'string_above_max_length' });
    const parts = Array.from({ length: 3 }, () => ({ type: 'text' as const, text: 'x'.repeat(20_000) }));
    const inParts = client.chat.completions.create({ model, messages: [{ role: 'user', content: parts }] });
    expect(await failureOf(inParts)).toMatchObject({ status: 400, code: 'string_above_max_length' });
    const many = client.chat.completions.create({ ...ask('Hi'), metadata: { note: 'x'.repeat(70_000) } });
    expect(await failureOf(many)).toMatchObject({ status: 400, type: 'invalid_request_error' });
    const silent = client.chat.completions.create({ model, messages: [{ role: 'user', content: '' }] });
    expect(await failureOf(silent)).toMatchObject({ status: 400, param: 'messages[0].content' });
    expect(await failureOf(client.embeddings.create({ model, input: 'Hi' }))).toMatchObject({
      status: 404,
      type: 'invalid_request_error',
    });
    const wrong = await send('PUT', `${gateway.url}/v1/chat/completions`);
    expect([wrong.status, wrong.body.error.code]).toEqual([405, 'method_not_supported']);
  });
});
