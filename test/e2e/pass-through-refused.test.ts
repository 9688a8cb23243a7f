import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { dialects } from '../../src/dialects/registry.ts';
import { openStream } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { runPassing } from '../support/passing.ts';
import { openSocket } from '../support/socket.ts';

let gateway: TestGateway;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await gateway.close();
  for (const close of closing.splice(0)) await close();
});

interface Begun {
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes: string | Buffer;
}

/** An origin whose streams begin so and then say nothing, and whose sockets are handled by `speak`, on the bare connection. */
async function start({ headers, bytes }: Begun, speak?: (socket: Duplex) => void): Promise<void> {
  const begin = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.write(bytes);
  };
  const origin = createServer((_request, response) => begin(response));
  const sockets = new WebSocketServer({ noServer: true });
  origin.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (far) => {
      far.send('"hello"');
      speak?.(socket);
    });
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  closing.push(() => {
    for (const far of sockets.clients) far.terminate();
    origin.closeAllConnections();
    origin.close();
  });
  const { port } = origin.address() as AddressInfo; // it listens on a port
  gateway = await runPassing(
    { url: `http://127.0.0.1:${port}` },
    {
      rule: { authenticate: 'tenant-chats' },
    },
  );
}

const event = 'data: {"one":1}\n\n';
const key = { authorization: 'Bearer raw-key', 'x-api-key': 'raw-key', 'content-type': 'application/json' };

async function refuse(): Promise<number> {
  const { outcome } = await gateway.reload((demo) => {
    demo.tenants[0].keys.find(({ name }: { name: string }) => name === 'raw').revoked = true;
    demo.tenants[0].sites.pop();
  });
  expect(outcome).toBe('applied');
  return Date.now();
}

const site = { site_key: 'sk_raw', session_id: 'sess_1', message: 'Hi' };

/** A stream of each endpoint that has one, and how its dialect tells the refusal. */
const streams = [
  { path: '/v1/chat/completions', body: {}, told: { error: { type: expect.any(String), code: 'invalid_api_key' } } },
  { path: '/v1/responses', body: {}, told: { type: expect.stringMatching(/error|failed/) } },
  { path: '/v1/api/chat/support-agent', body: {}, told: { error: { name: expect.any(String) } } },
  { path: '/v1/chats/any/events', told: { status: 'failed' } },
  { path: '/api/v1/chat/stream', body: site, told: { type: 'error' } },
];

async function open({ path, body }: { readonly path: string; readonly body?: object }) {
  const stream = await openStream(`${gateway.url}${path}`, {
    headers: body === site ? { origin: 'https://shop.example', 'content-type': 'application/json' } : key,
    ...(body !== undefined && { json: body }),
  });
  expect((await stream.next())?.data).toBe('{"one":1}');
  return stream;
}

describe('a stream that is passed on, of a caller who may not hear any more', () => {
  it.each(streams)('ends within 5 s with the error of its dialect: $path', async ({ told, ...call }) => {
    await start({ bytes: event });
    const stream = await open(call);
    const refusedAt = await refuse();
    const rest = await stream.rest();
    expect(Date.now() - refusedAt).toBeLessThan(5_000);
    const said = rest.map(({ data }) => data).filter((data) => data !== '[DONE]');
    expect(JSON.parse(said.at(-1) ?? '')).toMatchObject(told);
  });

  it.each([
    ['comments and an empty line', `${event}: ping\n\n`],
    ['a comment', `${event}: ping\n`],
    ['lines that end in CR LF', event.replaceAll('\n', '\r\n')],
  ])('does so after %s', async (_what, bytes) => {
    await start({ bytes });
    const stream = await open({ path: '/v1/chat/completions', body: {} });
    await refuse();
    expect((await stream.rest()).length).toBeGreaterThan(0);
  });

  it.each([
    ['in the middle of an event', { bytes: `${event}data: {"half` }],
    ['before the empty line of one', { bytes: `${event}data: {"whole":1}\n` }],
    ['in a dialect that has no streams', { bytes: event }, '/api/v1/chats/any/events'],
    ['in a length of its own', { bytes: event, headers: { 'content-length': '1000' } }],
  ])('is broken off %s', async (_what, begun: Begun, path = '/v1/chat/completions') => {
    await start(begun);
    const stream = await open({ path, body: {} });
    await refuse();
    await expect(stream.rest()).rejects.toThrow();
  });

  it('is broken off where it is compressed', async () => {
    await start({ bytes: gzipSync(event), headers: { 'content-encoding': 'gzip' } });
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers: key, body: '{}' });
    await refuse();
    await expect(answer.text()).rejects.toThrow();
  });

  it('has an error for every endpoint that streams', () => {
    const streaming = dialects.flatMap(({ endpoints }) =>
      endpoints.filter(({ events }) => events !== undefined).map(({ paths }) => paths),
    );
    const shapes = streaming.map((paths) => paths.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`)));
    expect(shapes.every((some) => streams.some(({ path }) => some.some((shape) => shape.test(path))))).toBe(true);
  });
});

describe('a WebSocket that is passed on, of a caller who may not hear any more', () => {
  it.each([
    ['/ws/chat?api_key=raw-key', 'of a key whose calls are passed on'],
    ['/v1/knowledge/live?api_key=raw-key', 'below a rule'],
  ])('is closed with 4001 within 5 s: %s, %s', async (path) => {
    await start({ bytes: event });
    const socket = openSocket(`${gateway.webSocketUrl}${path}`);
    expect(await socket.next()).toBe('hello');
    const refusedAt = await refuse();
    expect((await socket.closed).code).toBe(4001);
    expect(Date.now() - refusedAt).toBeLessThan(5_000);
  });

  it.each([
    ['in the head of a frame', Buffer.from([0x81])],
    ['in the length of one', Buffer.from([0x81, 127, 0, 0])],
    ['in its payload', Buffer.from([0x81, 126, 0x01, 0x00, 0x22])],
  ])('is broken off %s', async (_where, bytes) => {
    await start({ bytes: event }, (far) => void far.write(bytes));
    const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?api_key=raw-key`);
    expect(await socket.next()).toBe('hello');
    await refuse();
    expect((await socket.closed).code).toBe(1006);
  });

  it('is closed between two frames, however they came', async () => {
    const long = Buffer.concat([Buffer.from([0x82, 126, 0x01, 0x00]), Buffer.alloc(256)]);
    await start({ bytes: event }, (far) => {
      for (const byte of Buffer.concat([long, Buffer.from([0x81, 2, 0x22, 0x22])])) far.write(Buffer.from([byte]));
    });
    const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?api_key=raw-key`);
    socket.client.removeAllListeners('message');
    const heard = new Promise((resolve) =>
      socket.client.on('message', (data: Buffer) => String(data) === '""' && resolve(data)),
    );
    await heard;
    await refuse();
    expect((await socket.closed).code).toBe(4001);
  });
});
