import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { upstreamConfig } from '../support/back-to-back.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

let upstream: RawServer;
let gateway: TestGateway;
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

/** The demo, answered by a server that speaks that dialect. */
async function start(dialect: string, changes: object = {}, options: TestGatewayOptions = {}): Promise<void> {
  upstream = await createRawServer();
  gateway = await runGateway({
    ...options,
    configure(demo) {
      demo.backends = { legacy: upstreamConfig(dialect, upstream.url, changes) };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'legacy' };
    },
  });
}

const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;
const agentSlug = () => `${gateway.url}/v1/api/chat/support-agent`;
const askStream = () => openStream(agentSlug(), { headers: bearer, json: { message: 'Hello', stream: true } });

/** Opens a stream whose bytes can be looked at, comments and all. */
async function openBytes(path: string, json?: object) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { ...bearer, ...key, 'content-type': 'application/json' },
    ...(json && { body: JSON.stringify(json) }),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    async until(part: string): Promise<string> {
      while (!text.includes(part)) {
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done) throw new Error(`The stream ended after ${text}`);
        text += value;
      }
      return text;
    },
    leave: () => reader?.cancel(),
  };
}

async function newChat(): Promise<string> {
  const { body } = await send('POST', `${gateway.url}/v1/chats`, { headers: key, json: { chatbotId } });
  return `/v1/chats/${body.id}/events`;
}

describe('while an upstream thinks', () => {
  const completion = { model: 'support-agent', messages: [{ role: 'user', content: 'Hello' }], stream: true };
  it.each<[string, string, () => object]>([
    ['agent-slug', '/v1/api/chat/support-agent', () => ({ message: 'Hello', stream: true })],
    ['openai', '/v1/chat/completions', () => completion],
    ['widget', '/api/v1/chat/stream', () => ({ site_key: 'sk_demo', session_id: randomUUID(), message: 'Hello' })],
  ])(
    'a client of %s is kept, and no proxy holds its stream back (failures 10, 33 and 35)',
    async (_north, path, json) => {
      await start('agent-slug', {}, { times: { heartbeatMs: 20 } });
      const opening = openBytes(path, json());
      const asked = await upstream.next();
      // The upstream has not even answered; several silences are no departure.
      const stream = await opening;
      expect(stream.response.status).toBe(200);
      expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
      expect(stream.response.headers.get('cache-control')).toBe('no-cache, no-store');
      await stream.until(': ping\n: ping\n: ping\n');
      asked.write(data({ chunk: 'Thought' }));
      await stream.until('Thought');
      asked.destroy();
      // The price: it has a status of its own no longer, and says so in the stream.
      await stream.until('error');
    },
  );

  it('a follower of homie is kept too, and its stream is nobody else’s (failures 10 and 35)', async () => {
    await start('agent-slug', {}, { times: { heartbeatMs: 20 } });
    const stream = await openBytes(await newChat());
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.response.headers.get('cache-control')).toMatch(/^private, no-cache, no-store/);
    await stream.until(': ping\n: ping\n');
    await stream.leave();
  });
});

describe('a burst of frames', () => {
  const frames = 100_000;
  const burst = data({ chunk: 'x' }).repeat(frames) + 'data: [DONE]\n\n';
  it.each([
    ['as it is', {}, Buffer.from(burst)],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync(burst)],
  ])('%s lets others be answered, and is whole (failure 31)', async (_how, headers, bytes) => {
    await start('agent-slug');
    const asked = askStream();
    const request = await upstream.next();
    request.head(200, { 'content-type': 'text/event-stream', ...headers });
    request.end(bytes);
    const stream = await asked;
    const order: string[] = [];
    const others = (async () => {
      for (let times = 0; times < 3; times += 1) expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
      order.push('others');
    })();
    const said = await stream.rest();
    order.push('burst');
    await others;
    expect(said).toHaveLength(frames + 1);
    expect(order).toEqual(['others', 'burst']);
  });
});

describe('a reply that is too much', () => {
  async function lastStored() {
    const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
    const list = `${gateway.url}/admin/v1/tenants/${tenant}/conversations?limit=1`;
    const { id } = (await send('GET', list, { headers: admin })).body.entries[0];
    const messages = `${gateway.url}/admin/v1/conversations/${id}/messages`;
    return (await send('GET', messages, { headers: admin })).body.entries.at(-1);
  }
  const failed = (code: string) => readMetric(gateway.url, 'dragoman_requests_total', { code });

  it('in its text ends in the dialect’s error, and the upstream is let go (failure 32)', async () => {
    await start('agent-slug');
    const asked = askStream();
    const request = await upstream.next();
    const words = 'x'.repeat(100_000);
    for (let times = 0; times < 11; times += 1) request.write(data({ chunk: words }));
    const said = dataOf(await (await asked).rest());
    expect(said.slice(-2)).toEqual([{ error: expect.anything() }, '[DONE]']);
    expect(await request.closed).toBe('broken');
    expect(await failed('upstream-protocol')).toBe(1);
    expect(await lastStored()).toMatchObject({ status: 'failed', failure: 'upstream-protocol' });
  });

  it('in its events too (failure 32)', async () => {
    await start('agent-slug');
    const asked = askStream();
    const request = await upstream.next();
    request.write(data({ chunk: 'x' }).repeat(262_200));
    const said = await (await asked).rest();
    expect(dataOf(said.slice(-2))).toEqual([{ error: expect.anything() }, '[DONE]']);
    expect(await request.closed).toBe('broken');
  });

  it('in its items is refused (failure 32)', async () => {
    await start('item-discovery');
    const json = { message: 'Hello' };
    const asked = send('POST', `${gateway.url}/v1/chat`, { headers: bearer, json });
    const items = Array.from({ length: 1_001 }, (_, index) => ({ item_id: `${index}`, title: 'Desk' }));
    (await upstream.next()).answer(200, { conversation_id: 'c-1', message: 'Many', items });
    expect((await asked).status).toBe(502);
  });

  it('in its bytes is refused before it is in memory (failure 32)', async () => {
    await start('item-discovery');
    const asked = send('POST', `${gateway.url}/v1/chat`, { headers: bearer, json: { message: 'Hello' } });
    const bomb = gzipSync(Buffer.alloc(256_000_000, ' '));
    const request = await upstream.next();
    request.head(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    request.end(bomb);
    expect((await asked).status).toBe(502);
    expect(await failed('upstream-protocol')).toBe(1);
  });

  it.each([
    ['words', { chunk: 'x' }],
    ['nothing', { chunk: '' }],
  ])('in its time is ended, though it goes on saying %s (failure 32)', async (_what, frame) => {
    await start('agent-slug', { timeouts: { total: '500ms' } });
    const asked = askStream();
    const request = await upstream.next();
    request.write(data({ chunk: 'x' }));
    const timer = setInterval(() => request.write(data(frame)), 5);
    const said = dataOf(await (await asked).rest());
    expect(await request.closed).toBe('broken');
    clearInterval(timer);
    expect(said.slice(-2)).toEqual([{ error: expect.anything() }, '[DONE]']);
    expect(await failed('upstream-timeout')).toBe(1);
  });
});

describe('what clients and upstreams choose', () => {
  it('never becomes a label of a metric (failure 45)', async () => {
    await start('agent-slug');
    const strange = `strange-${randomUUID()}`;
    const json = { model: strange, messages: [{ role: 'user', content: 'Hello' }] };
    expect((await send('POST', `${gateway.url}/v1/chat/completions`, { headers: bearer, json })).status).toBe(404);
    await send('POST', `${gateway.url}/v1/api/chat/${strange}`, { headers: bearer, json: { message: 'Hello' } });
    const asked = send('POST', agentSlug(), { headers: bearer, json: { message: 'Hello', conversationId: strange } });
    const metadata = { model: strange, tokens: 5 };
    (await upstream.next()).answer(200, { data: { response: 'Hi', conversationId: strange, metadata }, error: null });
    expect((await asked).status).toBe(200);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain(strange);
  });
});
