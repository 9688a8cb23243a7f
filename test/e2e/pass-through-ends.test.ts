import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Writable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSlug } from '../../src/dialects/agent-slug/index.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { askPlain, type Passing, runPassing } from '../support/passing.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const bearer = { authorization: 'Bearer raw-key' };
const megabyte = 1_048_576;

let origin: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  origin = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await origin.close();
});

async function start(settings?: Passing): Promise<void> {
  gateway = await runPassing(origin, settings);
}

const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
const askAgent = () => send('POST', agent(), { headers: bearer, json: { message: 'Hello' } });
const ended = (code: string) => readMetric(gateway.url, 'dragoman_requests_total', { operation: 'passthrough', code });

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port

/** Offers 64 megabytes, as fast as they are taken, and tells how many were while the gateway had time for all of them. */
async function flood(stream: Writable): Promise<number> {
  let taken = 0;
  const offer = async (): Promise<void> => {
    while (taken < 64 && !stream.writableEnded) {
      if (!stream.write(Buffer.alloc(megabyte))) await once(stream, 'drain');
      taken += 1;
    }
  };
  void offer().catch(() => undefined); // it ends with the stream
  for (let times = 0; times < 100; times += 1) await send('GET', `${gateway.url}/healthz`);
  const seen = taken;
  taken = 64;
  return seen;
}

/** Writes bytes on a connection of its own, and reads until it is closed. */
function askRaw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(bytes);
  return readText(socket);
}

describe('an origin that fails', () => {
  it.each([
    ['that nobody can reach', { target: 'http://127.0.0.1:9' }, 503, 'upstream-unavailable'],
    ['whose name nobody knows', { target: 'http://metadata.test' }, 503, 'upstream-unavailable'],
    ['that does not begin to answer', { timeouts: { firstEvent: '50ms' } }, 504, 'upstream-timeout'],
    ['that takes too long', { timeouts: { total: '50ms' } }, 504, 'upstream-timeout'],
  ])('is told in the dialect: %s (failure 48)', async (_what, settings, status, code) => {
    await start({ origin: settings });
    const answer = await askAgent();
    expect(answer.status).toBe(status);
    expect(schemaGuard(agentSlug.errors.schema).violations(answer.body)).toEqual([]);
    expect(JSON.stringify(answer.body)).not.toContain('127.0.0.1');
    expect(await ended(code)).toBe(1);
  });

  it('that breaks off before its answer is told as one that failed', async () => {
    await start();
    const asking = askAgent();
    (await origin.next()).destroy();
    expect((await asking).status).toBe(502);
  });

  it.each([
    ['breaks off', {}, (got: { destroy(): void }) => got.destroy(), 'upstream-failed'],
    ['stops', { timeouts: { idle: '50ms' } }, () => undefined, 'upstream-timeout'],
  ])('that %s in its answer breaks the answer, and ends it not (failure 11)', async (_what, settings, fail, code) => {
    await start({ origin: settings });
    const asking = askPlain(agent(), { method: 'POST', headers: bearer });
    const got = await origin.next();
    got.write('data: {"chunk":"Half"}\n\n');
    const answer = await asking;
    const reading = readText(answer);
    fail(got);
    await expect(reading).rejects.toThrow();
    expect(await got.closed).toBe('broken');
    await expect.poll(() => ended(code)).toBe(1);
    // The next call is none the worse for it (failure 16).
    const next = askAgent();
    (await origin.next()).answer(200, { ok: true });
    expect((await next).body).toEqual({ ok: true });
  });

  it.each(['http://169.254.169.254', 'http://2852039166', 'http://[::ffff:a9fe:a9fe]:80'])(
    'at a metadata address, %s, keeps the gateway from starting (failure 47)',
    async (url) => {
      await start();
      await expect(runPassing({ url })).rejects.toMatchObject({ code: 'upstream-rejected' });
    },
  );
});

describe('a client', () => {
  it.each([
    ['before the answer', false],
    ['in the middle of it', true],
  ])('that leaves %s takes its origin with it (failures 21, 24)', async (_when, isBegun) => {
    await start();
    const asking = request(agent(), { method: 'POST', headers: bearer, agent: false });
    asking.on('error', () => undefined);
    asking.end();
    const got = await origin.next();
    if (isBegun) {
      got.write('data: 1\n\n');
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      answer.on('error', () => undefined);
    }
    asking.destroy();
    expect(await got.closed).toBe('broken');
    await expect.poll(() => ended('client-closed')).toBe(1);
    expect(await readMetric(gateway.url, 'dragoman_open_streams')).toBe(0);
  });

  it('that does not read slows its origin, and is given up in the end (failure 30)', async () => {
    const source = await listen(createServer());
    await start({ maxUnreadMs: 1_000, rule: { target: urlOf(source) } });
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /v1/knowledge HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const [, answer] = (await once(source, 'request')) as [unknown, ServerResponse];
    const closed = once(answer, 'close');
    expect(await flood(answer)).toBeLessThan(32);
    await closed;
    socket.destroy();
    source.close();
  });

  it('that names a host does not choose it (failure 47)', async () => {
    await start();
    const asking = askRaw(
      'GET http://evil.test/v1/knowledge?a=1 HTTP/1.1\r\nHost: gateway\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n\r\n',
    );
    const got = await origin.next();
    expect([got.path, got.headers.host]).toEqual(['/v1/knowledge?a=1', new URL(origin.url).host]);
    got.answer(200, {});
    expect(await asking).toMatch(/^HTTP\/1.1 200 /);
  });

  it.each([
    ['TRACE', 405],
    ['CONNECT', 404],
  ])('has no %s passed on', async (method, status) => {
    await start();
    const target = method === 'CONNECT' ? 'evil.test:80' : '/v1/knowledge';
    const answer = await askRaw(`${method} ${target} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`);
    expect(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]).toBe(String(status));
    expect(origin.requests).toEqual([]);
  });

  it.each(['GET', 'DELETE', 'OPTIONS', 'POST'])('has the body of a %s taken for no other request', async (method) => {
    await start();
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
    const head = `${method} /v1/knowledge HTTP/1.1\r\nHost: gateway\r\nConnection: close, content-length\r\n`;
    const chunked = askRaw(
      `${head}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    );
    (await origin.next()).answer(200, {});
    await chunked;
    const counted = askRaw(`${head}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
    (await origin.next()).answer(200, {});
    await counted;
    const both = await askRaw(`${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`);
    expect(both).toMatch(/^HTTP\/1.1 400 /);
    expect(origin.requests.map(({ body, path }) => [path, body])).toEqual([
      ['/v1/knowledge', smuggled],
      ['/v1/knowledge', smuggled],
    ]);
  });

  it('that sends much is slowed by an origin that does not read', async () => {
    let received = 0;
    let take = (): void => undefined;
    const slow = createServer((asked, answer) => {
      take = () => {
        asked.on('data', (bytes: Buffer) => {
          received += bytes.length;
        });
        asked.on('end', () => answer.end(String(received)));
      };
    });
    await listen(slow);
    await start({ rule: { target: urlOf(slow) } });
    const asking = request(`${gateway.url}/v1/knowledge`, { method: 'POST', agent: false });
    const asked = once(slow, 'request');
    asking.write(Buffer.alloc(megabyte));
    await asked;
    expect(await flood(asking)).toBeLessThan(32);
    take();
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect(Number(await readText(answer))).toBeGreaterThan(megabyte);
    slow.close();
  });
});
