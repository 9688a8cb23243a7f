import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { type Answer, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const bearer = { authorization: 'Bearer demo-key' };
const agentPath = '/v1/api/chat/support-agent';

let gateway: TestGateway;
let closed: Promise<void> = Promise.resolve();
let finish = (): void => undefined;
afterEach(async () => {
  finish();
  await closed;
  await gateway.close();
});

/** A gateway that is closing, and waits for a reply until `finish` is called. */
async function startClosing(options: TestGatewayOptions = {}, before = (): void | Promise<void> => undefined) {
  const script = createScriptedBackend();
  gateway = await runGateway({ backends: { shop: script.backend }, drainMs: 60_000, ...options });
  const { url, webSocketUrl } = gateway;
  const asked = send('POST', `${url}${agentPath}`, { headers: bearer, json: { message: 'Hello' } });
  const reply = await script.next();
  await before();
  const restarting = gateway.restart();
  closed = restarting.then((next) => {
    gateway = next;
  });
  finish = () => reply.end();
  return { url, webSocketUrl, asked };
}

/** Connects without anything that a client library would do by itself, such as to end when the other side has ended. */
async function connectTo(url: string) {
  const client: Socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  client.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  await once(client, 'connect');
  return { client, received: () => received, ended: once(client, 'end') };
}

const expectRefusal = ({ status, headers }: Answer) =>
  expect([status, headers.get('connection'), headers.get('retry-after')]).toEqual([503, 'close', '1']);

describe('a new call when the gateway is closing', () => {
  it.each([...dialects, adminApi])('is refused in $name, whoever calls', async (dialect) => {
    const { url } = await startClosing();
    for (const { method, paths } of dialect.endpoints) {
      const answer = await send(method, `${url}${(paths[0] ?? '').replaceAll(/:\w+/g, 'some')}`);
      expectRefusal(answer);
      expect(schemaGuard(dialect.errors.schema).violations(answer.body)).toEqual([]);
      expect(JSON.stringify(answer.body)).toContain('The service is closing');
    }
  });

  it('is refused in the dialect of a rule that would pass it on, and in the gateway’s own elsewhere', async () => {
    const { url } = await startClosing({
      configure: (demo) => {
        demo.passthrough = [{ prefix: '/knowledge', target: 'http://127.0.0.1:9', authenticate: 'homie' }];
      },
    });
    const passed = await send('GET', `${url}/knowledge/1`);
    expectRefusal(passed);
    expect(passed.body).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
    for (const path of ['/', '/openapi.json', '/uploads/1.png']) expectRefusal(await send('GET', `${url}${path}`));
  });

  it('is refused for a moment also where nothing runs, so that a balancer notices', async () => {
    gateway = await runGateway({ times: { quietMs: 300 } });
    const { url } = gateway;
    closed = gateway.restart().then((next) => {
      gateway = next;
    });
    expectRefusal(await send('GET', `${url}${agentPath}`));
    await closed;
    await expect(send('GET', `${url}${agentPath}`)).rejects.toThrow();
  });

  it('of a page is refused in words that the page can read', async () => {
    const { url } = await startClosing();
    const origin = 'http://localhost:8080';
    const { headers, status } = await send('POST', `${url}/api/v1/chat/stream`, { headers: { origin } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([503, origin]);
  });

  it('over a socket is refused before it is opened', async () => {
    const { webSocketUrl } = await startClosing();
    const socket = openSocket(`${webSocketUrl}/ws/chat?api_key=demo-key&user_id=ann&chat_id=x`);
    const [, response] = await once(socket.client, 'unexpected-response');
    expect([response.statusCode, response.headers.connection]).toEqual([503, 'close']);
    socket.client.terminate();
  });

  it('does not keep the gateway from telling how it is', async () => {
    const { url, asked } = await startClosing();
    expect((await send('GET', `${url}/healthz`)).status).toBe(200);
    expect((await send('GET', `${url}/metrics`)).body).toContain('dragoman_requests_total');
    expect((await send('GET', `${url}/readyz`)).status).toBe(503);
    finish();
    expect((await asked).status).toBe(200);
    await closed;
    await expect(send('GET', `${url}/healthz`)).rejects.toThrow();
  });
});

describe('a connection when the gateway is closing', () => {
  it('is not waited for where nothing was ever sent on it', async () => {
    let unused: Awaited<ReturnType<typeof connectTo>> | undefined;
    await startClosing({}, async () => {
      unused = await connectTo(gateway.url);
      expect((await send('GET', `${gateway.url}/healthz`)).status).toBe(200); // by then both are accepted
    });
    finish();
    await closed;
    unused?.client.destroy();
  });

  it('that is new is not reset before its first request has come', async () => {
    const { asked } = await startClosing({ times: { firstRequestMs: 30_000 } });
    const fresh = await connectTo(gateway.url);
    expect((await send('GET', `${gateway.url}/healthz`)).status).toBe(200); // by then both are accepted
    finish();
    expect((await asked).status).toBe(200);
    // By then nothing but this connection is left.
    await expect.poll(() => send('GET', `${gateway.url}/healthz`).catch(() => 'refused')).toBe('refused');
    fresh.client.write(`GET ${agentPath} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    await fresh.ended;
    fresh.client.destroy();
    expect(fresh.received()).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*The service is closing/);
  });

  it('that was kept is told so by the refusal, which is its last answer', async () => {
    let kept: Awaited<ReturnType<typeof connectTo>> | undefined;
    await startClosing({}, async () => {
      kept = await connectTo(gateway.url);
      kept.client.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n');
      await expect.poll(kept.received).toContain('"ok"');
    });
    kept?.client.write(`GET ${agentPath} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    await kept?.ended;
    kept?.client.destroy();
    expect(kept?.received()).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*The service is closing/);
  });

  it('gets an answer to the request that it is sending, which is its last, and hears that nothing is ready (failure 36)', async () => {
    let sending: Awaited<ReturnType<typeof connectTo>> | undefined;
    const { asked } = await startClosing({}, async () => {
      sending = await connectTo(gateway.url);
      sending.client.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\nGET /readyz HTTP/1.1\r\nHost: gateway\r\n');
      await expect.poll(sending.received).toContain('"ok"');
    });
    sending?.client.write('\r\n');
    await sending?.ended;
    sending?.client.destroy();
    expect(sending?.received()).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*not ready/);
    finish();
    expect((await asked).headers.get('connection')).toBe('close');
  });

  it('is answered at once while it is still sending, and not reset before it has sent all', async () => {
    const { url } = await startClosing();
    const { client, received, ended } = await connectTo(url);
    const piece = Buffer.alloc(65_536, 32);
    client.write(`POST ${agentPath} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${16 * piece.length}\r\n\r\n`);
    client.write(piece);
    await expect.poll(received).toContain('The service is closing');
    await ended;
    for (let sent = 1; sent < 16; sent += 1) await new Promise((resolve) => client.write(piece, resolve));
    client.end();
    await once(client, 'close');
    expect(client.errored).toBeNull();
  });

  it('whose request was begun before and never comes is told so after the time', async () => {
    let sending: Awaited<ReturnType<typeof connectTo>> | undefined;
    await startClosing({ drainMs: 50 }, async () => {
      sending = await connectTo(gateway.url);
      const head = `POST ${agentPath} HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${bearer.authorization}\r\n`;
      sending.client.write(`${head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{`);
      await expect.poll(sending.received).toContain('100 Continue');
    });
    await sending?.ended;
    sending?.client.destroy();
    expect(sending?.received()).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*The service is closing/);
  });

  it('that never sends all ends all the same', async () => {
    const { url } = await startClosing({ times: { maxCutMs: 50 } });
    const { client, received, ended } = await connectTo(url);
    client.write(`POST ${agentPath} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\n{`);
    await ended;
    expect(received()).toContain('503 Service Unavailable');
    finish();
    await closed;
    client.destroy();
  });
});
