import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { agentSlug } from '../../src/dialects/agent-slug/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { homie } from '../../src/dialects/homie/index.ts';
import { itemDiscovery } from '../../src/dialects/item-discovery/index.ts';
import { tenantChats } from '../../src/dialects/tenant-chats/index.ts';
import { createClientErrors } from '../../src/http/client-errors.ts';
import { createDialectFinder } from '../../src/http/request-head.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { faultsOf, makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import { ask, openConnection, type RawAnswer } from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runHardened();
});
afterEach(async () => {
  expect((await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} })).status).toBe(200);
});
afterAll(() => gateway.close());

const headers = { Authorization: 'Bearer demo-key', 'Content-Type': 'application/json' };
const question = { method: 'POST', target: '/v1/chat', headers, body: '{"message":"Hello"}' };
const openStreams = async (carrier: string) => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return new RegExp(`dragoman_open_streams\\{[^}]*homie[^}]*${carrier}[^}]*\\} (\\d+)`).exec(text)?.[1];
};

function expectRefusal(answer: RawAnswer | undefined, dialect: Dialect, status: number): void {
  if (answer === undefined) throw new Error('The connection was closed without an answer');
  expect(faultsOf(dialect, undefined, answer)).toEqual([]);
  expect(answer.status).toBe(status);
}

describe('bytes that are no request are answered in the dialect that they were meant for', () => {
  const body = `Host: gateway\r\nAuthorization: Bearer demo-key\r\nContent-Type: application/json\r\n`;
  it.each<[string, string | Buffer, Dialect, number]>([
    ['words', 'Good morning\r\n\r\n', adminApi, 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', adminApi, 400],
    ['TLS', Buffer.from('16030102000100000001fc0303', 'hex'), adminApi, 400],
    ['a header without a name', 'GET /v1/chats/x HTTP/1.1\r\nHost: gateway\r\n: x\r\n\r\n', homie, 400],
    ['a NUL in a header', 'POST /v1/chat HTTP/1.1\r\nHost: gateway\r\nX-Y: \0\r\n\r\n', itemDiscovery, 400],
    [
      'two lengths',
      `POST /v1/chat HTTP/1.1\r\n${body}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      itemDiscovery,
      400,
    ],
    ['a negative length', `POST /api/v1/chats HTTP/1.1\r\n${body}Content-Length: -1\r\n\r\n{}`, tenantChats, 400],
    [
      'a length and chunks',
      `POST /v1/chats HTTP/1.1\r\n${body}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}`,
      homie,
      400,
    ],
    [
      'a chunk without a size',
      `POST /v1/api/chat/support-agent HTTP/1.1\r\n${body}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`,
      agentSlug,
      400,
    ],
    ['no Host', 'GET /v1/chats/x HTTP/1.1\r\n\r\n', homie, 400],
    ['an address of 20 KB', `GET /v1/chats/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: gateway\r\n\r\n`, homie, 413],
    [
      'a header of 20 KB',
      `GET /v1/api/chat/x HTTP/1.1\r\nHost: gateway\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
      agentSlug,
      413,
    ],
    [
      'two thousand headers',
      `GET /v1/chats/x HTTP/1.1\r\nHost: gateway\r\n${'X-Y: zzzzzzz\r\n'.repeat(2_000)}\r\n`,
      homie,
      413,
    ],
    ['an address that is none', 'GET http://[/ HTTP/1.1\r\nHost: gateway\r\n\r\n', adminApi, 404],
    ['an address of another host', 'GET http://x:99999/v1/chats/y HTTP/1.1\r\nHost: gateway\r\n\r\n', homie, 404],
    ['a path of asterisks', 'OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n', adminApi, 404],
    ['CONNECT', 'CONNECT gateway:80 HTTP/1.1\r\nHost: gateway\r\n\r\n', adminApi, 404],
    ['TRACE', 'TRACE /v1/chats HTTP/1.1\r\nHost: gateway\r\n\r\n', homie, 405],
  ])('%s', async (_, bytes, dialect, status) => {
    expectRefusal(await ask(gateway.url, Buffer.from(bytes)), dialect, status);
  });

  it('also where good requests came before on the connection', async () => {
    const connection = await openConnection(gateway.url);
    connection.send(`POST /v1/chats HTTP/1.1\r\n${body}Content-Length: 2\r\n\r\n{}`, 'and then some words\r\n\r\n');
    expectRefusal(await connection.answer(), homie, 400);
    expectRefusal(await connection.answer(), homie, 400);
    expect(await connection.answer()).toBeUndefined();
  });

  it('and never into an answer that has begun', async () => {
    const { conversationId } = await makeKnown(gateway);
    const connection = await openConnection(gateway.url);
    connection.send(`GET /v1/chats/${conversationId}/events HTTP/1.1\r\nHost: gateway\r\nX-API-Key: demo-key\r\n\r\n`);
    expect((await connection.answer())?.status).toBe(200);
    let more = '';
    connection.socket.on('data', (bytes) => {
      more += bytes.toString();
    });
    connection.send('some words\r\n\r\n');
    const message = { message: 'Hello', currentUrl: '' };
    const target = `/v1/chats/${conversationId}/messages`;
    await ask(gateway.url, { method: 'POST', target, headers, body: JSON.stringify(message) });
    await expect.poll(() => more).toContain('completed');
    expect(more).not.toContain('HTTP/1.1');
    connection.close();
    await expect.poll(() => openStreams('http')).toBe('0');
  });
});

describe('an offer to upgrade', () => {
  const offer = {
    ...headers,
    Connection: 'Upgrade, HTTP2-Settings',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA',
  };

  it('to HTTP/2, as Java’s client makes with each request, is passed over', async () => {
    expect((await ask(gateway.url, { ...question, headers: offer })).status).toBe(200);
    expectRefusal(
      await ask(gateway.url, { method: 'GET', target: '/v1/chat/none', headers: offer }),
      itemDiscovery,
      404,
    );
  });

  it('to a WebSocket that there is not is answered like any request', async () => {
    const toSocket = { Connection: 'Upgrade', Upgrade: 'websocket' };
    expectRefusal(await ask(gateway.url, { method: 'GET', target: '/v1/chats', headers: toSocket }), homie, 405);
    expectRefusal(await ask(gateway.url, { method: 'POST', target: '/ws/chat', headers: toSocket }), tenantChats, 404);
  });

  it.each([
    ['without a key', {}],
    ['of another version', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '3' }],
  ])('to a WebSocket %s is refused in the dialect', async (_, rest) => {
    const toSocket = { Connection: 'Upgrade', Upgrade: 'websocket', ...rest };
    expectRefusal(await ask(gateway.url, { method: 'GET', target: '/ws/chat', headers: toSocket }), tenantChats, 400);
  });

  it('from a client that resets the connection harms nobody', async () => {
    for (const target of ['/ws/chat', '/v1/none', '/ws/chat?api_key=demo-key']) {
      const connection = await openConnection(gateway.url);
      connection.send(`GET ${target} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      connection.socket.resetAndDestroy();
    }
  });
});

it('a request that comes too slowly is answered before it is whole', async () => {
  const served = { metrics: createMetrics(), log: pino({ level: 'silent' }), access: true } as const;
  const broken = createClientErrors(served, createDialectFinder([itemDiscovery], adminApi));
  const server = createServer({ requestTimeout: 50, headersTimeout: 50, connectionsCheckingInterval: 10 });
  server.on('request', (request, response) => broken.began(request, response));
  server.on('clientError', (cause, socket) => broken.answer(cause, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const slow = `POST /v1/chat HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000\r\n\r\n{"mess`;
  for (const [bytes, dialect] of [
    [slow, itemDiscovery],
    [slow.slice(0, 40), adminApi],
  ] as const) {
    expectRefusal(await ask(`http://127.0.0.1:${port}`, Buffer.from(bytes)), dialect, 408);
  }
  await new Promise((resolve) => server.close(resolve));
});

describe('on one connection', () => {
  it('requests that do not wait for answers get them in order', async () => {
    const connection = await openConnection(gateway.url);
    const bytes = [question, { ...question, body: '{' }, { ...question, target: '/v1/chats' }, question].map(toText);
    connection.send(bytes.join(''));
    const statuses: unknown[] = [];
    for (const _ of bytes) statuses.push((await connection.answer())?.status);
    expect(statuses).toEqual([200, 422, 400, 200]);
    connection.close();
  });

  it('streams that wait for their turn are not begun, and end with the connection', async () => {
    const { conversationId } = await makeKnown(gateway);
    const connection = await openConnection(gateway.url);
    const follow = `GET /v1/chats/${conversationId}/events HTTP/1.1\r\nHost: gateway\r\nX-API-Key: demo-key\r\n\r\n`;
    connection.send(follow.repeat(5));
    await connection.answer();
    await makeKnown(gateway);
    expect(await openStreams('http')).toBe('1');
    connection.close();
    await expect.poll(() => openStreams('http')).toBe('0');
  });

  it('a body may come in chunks, or wait to be asked for', async () => {
    const chunked = { ...headers, 'Transfer-Encoding': 'chunked' };
    const body = '8\r\n{"messag\r\n1\r\ne\r\na;x=y\r\n":"Hello"}\r\n0\r\nTrailer: 1\r\n\r\n';
    expect((await ask(gateway.url, { ...question, headers: chunked, body })).status).toBe(200);
    for (const Expect of ['100-continue', 'a miracle']) {
      expect((await ask(gateway.url, { ...question, headers: { ...headers, Expect } })).status).toBe(200);
    }
  });

  it('a request that is never finished is no failure of ours, and keeps nobody waiting', async () => {
    const halves = [
      'POST /v1/chat HTTP/1.1\r\nHost: gate',
      toText({ ...question, headers: { ...headers, 'Content-Length': '1000' } }),
      toText({ ...question, headers: { ...headers, 'Transfer-Encoding': 'chunked' }, body: '5\r\n{"me' }),
    ];
    for (const half of halves) {
      const slow = await openConnection(gateway.url);
      slow.send(half);
      expect((await ask(gateway.url, question)).status).toBe(200);
      slow.finish();
      expect((await slow.answer())?.status ?? 400).toBe(400);
      const rude = await openConnection(gateway.url);
      rude.send(half);
      rude.socket.resetAndDestroy();
    }
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).not.toContain('code="internal"');
  });

  it('a body that is longer than it says is cut, and what follows is taken for what it is', async () => {
    const connection = await openConnection(gateway.url);
    connection.send(
      toText({ ...question, headers: { ...headers, 'Content-Length': '19' }, body: '{"message":"Hello"}, and more' }),
    );
    expect((await connection.answer())?.status).toBe(200);
    expectRefusal(await connection.answer(), itemDiscovery, 400);
  });
});

function toText({
  method,
  target,
  headers: fields,
  body,
}: typeof question & { headers: Record<string, string> }): string {
  const length = 'Content-Length' in fields || 'Transfer-Encoding' in fields ? [] : [`Content-Length: ${body.length}`];
  const lines = [...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), ...length];
  return `${method} ${target} HTTP/1.1\r\nHost: gateway\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
