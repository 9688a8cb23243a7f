import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { type Passing, runPassing } from '../support/passing.ts';

let gateway: TestGateway;
let origin: Server;
let sockets: WebSocketServer;
/** Every handshake that has reached the origin. */
let handshakes: IncomingMessage[];

afterEach(async () => {
  await gateway.close();
  for (const socket of sockets.clients) socket.terminate();
  origin.closeAllConnections();
  origin.close();
});

/** An origin that takes WebSockets, or answers what `refuse` writes. */
async function start(settings: Passing = {}, refuse?: string): Promise<void> {
  origin = createServer();
  sockets = new WebSocketServer({ noServer: true });
  handshakes = [];
  origin.on('upgrade', (request, socket, head) => {
    handshakes.push(request);
    if (refuse === undefined) sockets.handleUpgrade(request, socket, head, (far) => sockets.emit('connection', far));
    else socket.end(refuse);
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo; // it listens on a port
  gateway = await runPassing({ url: `http://127.0.0.1:${port}` }, settings);
}

/** Both ends of a WebSocket through the gateway. */
async function open(path: string, headers: Record<string, string> = {}) {
  const reached = once(sockets, 'connection');
  const near = new WebSocket(`${gateway.webSocketUrl}${path}`, ['chat'], { headers });
  near.on('error', () => undefined);
  const [far] = (await reached) as [WebSocket];
  if (near.readyState !== WebSocket.OPEN) await once(near, 'open');
  return { near, far };
}

/** The HTTP answer to a handshake that is refused. */
async function refusal(path: string, headers: Record<string, string> = {}) {
  const near = new WebSocket(`${gateway.webSocketUrl}${path}`, { headers });
  near.on('error', () => undefined);
  const [, answer] = (await once(near, 'unexpected-response')) as [unknown, IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await readText(answer) };
}

const openStreams = () => readMetric(gateway.url, 'dragoman_open_streams');
const said = async (socket: WebSocket): Promise<string> => String((await once(socket, 'message'))[0]);

describe('a WebSocket that is passed on', () => {
  it.each([
    ['below the prefix of a rule', '/v1/knowledge/live?a=1', '/v1/knowledge/live?a=1'],
    ['of a key whose calls are passed on', '/ws/chat?api_key=raw-key', '/old/ws/chat?api_key=raw-key'],
  ])('%s carries what is said both ways, and ends on both sides', async (_which, path, reached) => {
    await start({ rule: { requestHeaders: { remove: ['cookie'], set: { 'x-mine': 'yes' } } } });
    const { near, far } = await open(path, { cookie: 'a=b', 'x-forwarded-for': '6.6.6.6' });
    expect(handshakes.map(({ url }) => url)).toEqual([reached]);
    const { host } = new URL(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`); // it listens on a port
    expect(handshakes[0]?.headers).toMatchObject({ host, 'x-forwarded-for': '127.0.0.1' });
    if (reached === path) expect(handshakes[0]?.headers).toMatchObject({ 'x-mine': 'yes' });
    expect(near.protocol).toBe('chat');
    far.send('{"event_type" : "hello"}');
    expect(await said(near)).toBe('{"event_type" : "hello"}');
    const heard = said(far);
    near.send('x'.repeat(300_000));
    expect(await heard).toHaveLength(300_000);
    expect(await openStreams()).toBe(1);
    const closed = once(near, 'close');
    far.close(4001, 'enough');
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, String(reason)]).toEqual([4001, 'enough']);
    await expect.poll(openStreams).toBe(0);
    expect(await readMetric(gateway.url, 'dragoman_requests_total', { operation: 'passthrough', code: 'ok' })).toBe(1);
  });

  it('breaks on one side when the other breaks (failure 26)', async () => {
    await start();
    for (const breaking of ['near', 'far'] as const) {
      const ends = await open('/v1/knowledge');
      const other = breaking === 'near' ? ends.far : ends.near;
      const closed = once(other, 'close');
      ends[breaking].terminate();
      expect((await closed)[0]).toBe(1006);
      await expect.poll(openStreams).toBe(0);
    }
  });

  it('is cut off when the gateway closes', async () => {
    await start();
    const { near, far } = await open('/v1/knowledge');
    const closed = Promise.all([once(near, 'close'), once(far, 'close')]);
    gateway = await gateway.restart();
    await closed;
  });

  it('is refused as HTTP, in the words of the dialect that the rule asks for', async () => {
    await start({ rule: { authenticate: 'tenant-chats' } });
    const refused = await refusal('/v1/knowledge/live');
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([401, { detail: expect.any(String) }]);
    expect(handshakes).toEqual([]);
    const { far } = await open('/v1/knowledge/live?api_key=demo-key');
    far.close();
  });

  it.each([
    ['of a known length', 'Content-Length: 2\r\n\r\nno'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n'],
  ])('is refused in the words of its origin %s', async (_how, rest) => {
    await start({}, `HTTP/1.1 403 Forbidden\r\nX-Why: never\r\n${rest}`);
    const { status, headers, body } = await refusal('/v1/knowledge');
    expect([status, headers['x-why'], body]).toEqual([403, 'never', 'no']);
  });

  it.each([
    ['cannot be reached', { target: 'http://127.0.0.1:9' }, 503],
    ['does not answer', { timeouts: { firstEvent: '50ms' } }, 504],
  ])('is answered with an error where its origin %s', async (_what, settings, status) => {
    await start({ rule: settings });
    origin.removeAllListeners('upgrade');
    origin.on('upgrade', () => undefined);
    expect((await refusal('/v1/knowledge')).status).toBe(status);
    expect(await openStreams()).toBe(0);
  });

  it('has no body that another request could hide in', async () => {
    await start();
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    const opened = once(sockets, 'connection');
    client.write(
      'GET http://evil.test/v1/knowledge HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 30\r\n\r\n',
    );
    await opened;
    expect(handshakes[0]?.headers).not.toHaveProperty('content-length');
    expect(handshakes[0]).toMatchObject({ url: '/v1/knowledge' });
    client.destroy();
  });
});
