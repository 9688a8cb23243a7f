import { LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { runOverModel, vendors } from '../support/over-model.ts';
import { type VendorCall, vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const headers = { authorization: 'Bearer demo-key' };
const agentSlug = (gateway: TestGateway) => `${gateway.url}/v1/api/chat/support-agent`;
const hoodie = '1234567890123';

const calls: readonly VendorCall[] = [
  { id: 'call_1', name: 'search_catalog', arguments: JSON.stringify({ query: 'blue hoodie' }) },
  { id: 'call_2', name: 'show_items', arguments: JSON.stringify({ items: [{ id: hoodie }, { id: 'made-up' }] }) },
];

describe.each(vendors)('a conversation with %s', (vendor) => {
  const { opening, delta, closing, whole, failure, calls: call } = vendorReplies[vendor];
  let server: RawServer;
  let gateway: TestGateway;
  beforeEach(async () => {
    server = await createRawServer();
    gateway = await runOverModel(vendor, server.url);
  });
  afterEach(async () => {
    await gateway.close();
    await server.close();
  });

  const openAgent = (message: string) => openStream(agentSlug(gateway), { headers, json: { message, stream: true } });

  it('streams: the first word is with the client before the second is said (failure 9)', async () => {
    const opened = openAgent('Hello');
    const asked = await server.next();
    asked.write(opening + delta('one '));
    const stream = await opened;
    const first = await stream.next();
    expect(first?.data).toContain('one ');
    asked.write(delta('two'));
    expect((await stream.next())?.data).toContain('two');
    asked.end(closing);
    expect((await stream.rest()).at(-1)?.data).toBe('[DONE]');
  });

  it('goes on where it was: the model is told what was said before', async () => {
    const first = send('POST', agentSlug(gateway), { headers, json: { message: 'I am Ada' } });
    (await server.next()).answer(200, whole('Hello Ada'));
    const { conversationId } = (await first).body.data;
    const second = send('POST', agentSlug(gateway), { headers, json: { message: 'Who am I?', conversationId } });
    const asked = await server.next();
    expect(JSON.stringify(asked.json.messages)).toMatch(/I am Ada.*Hello Ada.*Who am I\?/);
    asked.answer(200, whole('Ada'));
    expect((await second).status).toBe(200);
  });

  it('shows items of the catalogue, in a dialect of items', async () => {
    const json = { message: 'a blue hoodie', conversation_id: 'c-1', session_id: 's-1', user_id: 'u-1' };
    const answer = send('POST', `${gateway.url}/v1/chat`, { headers, json });
    (await server.next()).answer(200, whole('', calls));
    (await server.next()).answer(200, whole('This one'));
    expect((await answer).body).toMatchObject({
      message: 'This one',
      items: [{ item_id: hoodie, title: 'Blue Hoodie', price: '59.99' }],
    });
    expect((await answer).body.items).toHaveLength(1);
  });

  it('keeps a failure before the first word for the status, also after a look into the catalogue (failure 18)', async () => {
    const opened = openAgent('Hello');
    (await server.next()).end(opening + call(calls.slice(0, 1)));
    (await server.next()).end(opening + failure('overloaded_error'));
    expect((await opened).status).toBe(503);
  });

  it('tells a failure after words in the stream, without a clean end (failures 11, 14)', async () => {
    const opened = openAgent('Hello');
    const asked = await server.next();
    asked.write(opening + delta('Half'));
    const stream = await opened;
    await stream.next();
    asked.destroy();
    const rest = await stream.rest();
    expect(JSON.stringify(dataOf(rest))).toContain('error');
  });

  it('stops the model when the client leaves, in the stream and before it (failures 21, 22)', async () => {
    const opened = openAgent('Hello');
    const asked = await server.next();
    asked.write(opening + delta('one'));
    const stream = await opened;
    await stream.next();
    stream.leave();
    expect(await asked.closed).toBe('broken');

    const controller = new AbortController();
    const waiting = fetch(agentSlug(gateway), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Hello' }),
      signal: controller.signal,
    });
    const second = await server.next();
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect(await second.closed).toBe('broken');
  });

  it('shows neither client nor log what the vendor says of us', async () => {
    const answer = send('POST', agentSlug(gateway), { headers, json: { message: 'my secret question' } });
    const message = 'Wrong key vendor-key for "my secret question"';
    (await server.next()).answer(401, { type: 'error', error: { type: 'authentication_error', message } });
    expect((await answer).status).toBe(502);
    expect(JSON.stringify([(await answer).body, gateway.logged])).not.toMatch(/vendor-key|secret question/);
    expect(JSON.stringify(gateway.logged)).toContain('authentication_error');
  });

  it("is open to OpenAI's own client", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'demo-key', maxRetries: 0 });
    const opened = client.chat.completions.create({
      model: 'support-agent',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    (await server.next()).end(opening + delta('Hi ') + delta('there') + closing);
    const chunks = [];
    for await (const chunk of await opened) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hi there');
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 });
  });
});

/** A server of vendors' APIs that others wrote. */
describe.each(vendors)('a conversation with aimock as %s', (vendor) => {
  let mock: LLMock;
  let gateway: TestGateway;
  beforeEach(async () => {
    mock = new LLMock({ port: 0, chunkSize: 5 });
    await mock.start();
    gateway = await runOverModel(vendor, mock.url);
  });
  afterEach(async () => {
    await gateway.close();
    await mock.stop();
  });

  it('plain and streamed says the same', async () => {
    mock.onMessage('Hello', { content: 'Grüße aus dem Laden, 👋!' });
    const plain = await send('POST', agentSlug(gateway), { headers, json: { message: 'Hello' } });
    expect(plain.body.data).toMatchObject({ response: 'Grüße aus dem Laden, 👋!' });
    const stream = await openStream(agentSlug(gateway), { headers, json: { message: 'Hello', stream: true } });
    const said = dataOf(await stream.rest());
    expect(said.map(({ chunk = '' }) => chunk).join('')).toBe('Grüße aus dem Laden, 👋!');
    expect(said.length).toBeGreaterThan(3);
  });

  it('shows what its tool calls choose, and answers after them', async () => {
    const toolCalls = calls.map(({ name, arguments: text }) => ({ name, arguments: text }));
    mock.on({ toolResultContains: 'not_in_the_catalogue' }, { content: 'This one' });
    mock.on({ hasToolResult: false }, { content: 'I look. ', toolCalls });
    const json = { message: 'a blue hoodie', conversation_id: 'c-1', session_id: 's-1', user_id: 'u-1' };
    const plain = await send('POST', `${gateway.url}/v1/chat`, { headers, json });
    expect(plain.body).toMatchObject({ message: 'I look. \n\nThis one', items: [{ item_id: hoodie }] });
    const stream = await openStream(agentSlug(gateway), { headers, json: { message: 'a blue hoodie', stream: true } });
    const said = dataOf(await stream.rest());
    expect(said.map(({ chunk = '' }) => chunk).join('')).toBe('I look. \n\nThis one');
  });

  it('has a status of its own where the vendor refuses', async () => {
    mock.nextRequestError(429, { message: 'Slow down', type: 'rate_limit_error' });
    const refused = await send('POST', agentSlug(gateway), { headers, json: { message: 'Hello' } });
    expect(refused.status).toBe(503);
  });
});

describe('what a client of openai asks of a model', () => {
  it('reaches an openai backend, of tokens no more than it may have (OpenAI libraries: structured output dropped in silence)', async () => {
    const server = await createRawServer();
    const gateway = await runOverModel('openai', server.url, { maxTokens: 100, temperature: 1 });
    try {
      const response_format = {
        type: 'json_schema',
        json_schema: { name: 'a', schema: { type: 'object' }, strict: true },
      };
      const asking = send('POST', `${gateway.url}/v1/chat/completions`, {
        headers,
        json: {
          model: 'support-agent',
          messages: [{ role: 'user', content: 'Hi' }],
          ...{ temperature: 0.2, top_p: 0.9, seed: 7, stop: 'END', max_tokens: 5_000, response_format },
        },
      });
      const asked = await server.next();
      const told = { temperature: 0.2, top_p: 0.9, seed: 7, stop: ['END'], max_tokens: 100, response_format };
      expect(asked.json).toMatchObject({ model: 'model-1', ...told });
      asked.answer(200, vendorReplies.openai.whole('{}'));
      const answer = await asking;
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-ignored-parameters')).toBeNull();
    } finally {
      await gateway.close();
      await server.close();
    }
  });

  const asking = (gateway: TestGateway, rest: object) =>
    send('POST', `${gateway.url}/v1/chat/completions`, {
      headers,
      json: { model: 'support-agent', messages: [{ role: 'user', content: 'Hi' }], ...rest },
    });

  it('reaches an anthropic backend as far as its wire can say it; the rest is named, and a form without a schema refused', async () => {
    const server = await createRawServer();
    const gateway = await runOverModel('anthropic', server.url, { maxTokens: 100 });
    try {
      const refused = await asking(gateway, { response_format: { type: 'json_object' } });
      expect([refused.status, refused.body.error.param]).toEqual([400, 'response_format']);
      const schema = { type: 'object', properties: { city: { type: 'string' } } };
      const rest = {
        temperature: 1.5,
        top_p: 0.9,
        stop: ['END', ' '],
        max_tokens: 5_000,
        seed: 7,
        reasoning_effort: 'minimal',
        response_format: { type: 'json_schema', json_schema: { name: 'weather', schema, strict: true } },
      };
      const hinted = asking(gateway, rest);
      const asked = await server.next();
      expect(asked.json).toMatchObject({ temperature: 1, top_p: 0.9, stop_sequences: ['END'], max_tokens: 100 });
      expect(asked.json.output_config).toEqual({ effort: 'low', format: { type: 'json_schema', schema } });
      expect(asked.body).not.toMatch(/seed|reasoning/);
      asked.answer(400, {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: '`temperature` and `top_p` cannot both be specified for this model.',
        },
      });
      const again = await server.next();
      expect([again.json.temperature, again.json.top_p]).toEqual([1, undefined]);
      again.answer(400, {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'This model does not support the effort parameter.' },
      });
      const once = await server.next();
      expect(once.json.output_config).toEqual({ format: { type: 'json_schema', schema } });
      once.answer(200, vendorReplies.anthropic.whole('Hello'));
      expect((await hinted).headers.get('x-ignored-parameters')).toBe('seed');
    } finally {
      await gateway.close();
      await server.close();
    }
  });

  it('is what its agent allows', async () => {
    const server = await createRawServer();
    const parameters = { allow: ['top_p', 'max_tokens', 'tools'], max_tokens: 50 };
    const gateway = await runOverModel('openai', server.url, { maxTokens: 100 }, { parameters });
    try {
      const tools = [{ type: 'function', function: { name: 'get_order' } }];
      for (const [rest, param] of [
        [{ response_format: { type: 'json_object' } }, 'response_format'],
        [{ tools, tool_choice: 'required' }, 'tool_choice'],
      ] as const) {
        const refused = await asking(gateway, rest);
        expect([refused.status, refused.body.error.param]).toEqual([400, param]);
      }
      const bounded = asking(gateway, { temperature: 0.2, top_p: 0.9, max_tokens: 80, tools, tool_choice: 'none' });
      const asked = await server.next();
      expect(asked.json).toMatchObject({ top_p: 0.9, max_tokens: 50, tool_choice: 'auto' });
      expect(asked.json.temperature).toBeUndefined();
      asked.answer(200, vendorReplies.openai.whole('Hello'));
      expect((await bounded).headers.get('x-ignored-parameters')).toBe('temperature, tool_choice');
    } finally {
      await gateway.close();
      await server.close();
    }
  });
});
