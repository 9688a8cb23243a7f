import { hash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { openSocket } from '../support/socket.ts';

const page = 'https://app.example';
const keyed = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };

let gateway: TestGateway;
afterEach(() => gateway.close());

const start = (change?: (demo: any) => void) =>
  runGateway({
    configure(demo) {
      delete demo.listen.hosts;
      demo.tenants[0].keys[0].origins = [page];
      demo.tenants[0].keys.push({ name: 'server', sha256: hash('sha256', 'server-key') });
      change?.(demo);
    },
  });

/** What a raw request is answered. */
async function askRaw(head: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

/** The status of a request that names a host. */
function statusFor(host: string, path = '/v1/models'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request(`${gateway.url}${path}`, { headers: { ...keyed, host }, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('the host of a request', () => {
  it('is a name of this machine, while the demo’s secrets are in force', async () => {
    gateway = await start();
    for (const host of [
      'localhost',
      'LOCALHOST:80',
      'shop.localhost',
      '127.0.0.1:8080',
      '127.9.9.9',
      '[::1]:80',
      '[::1]',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      'localhost@evil.example',
      '127.0.0.1.nip.io',
      '[::2]',
      'x',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 400]);
    }
    // Probes name an address, and learn nothing.
    expect(await statusFor('10.0.0.1', '/healthz')).toBe(200);
  });

  it('is one of those that are listed, by a reload too; sockets heed it', async () => {
    gateway = await start();
    const query = 'api_key=demo-key&user_id=anna&chat_id=none';
    const refused = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`, { headers: { host: 'evil.example' } });
    expect(await refused.next()).toBeUndefined();
    expect((await refused.closed).code).toBe(1006);
    const ownSecrets = (demo: any): void => {
      demo.tenants[0].keys[0].sha256 = hash('sha256', 'own-key');
      demo.tenants[0].sites[0].key = 'sk_own';
      demo.admin.tokens[0].sha256 = hash('sha256', 'own-admin');
    };
    await gateway.reload(ownSecrets);
    expect(await statusFor('anything.example')).toBe(401);
    await gateway.reload((demo) => {
      ownSecrets(demo);
      demo.listen.hosts = ['Chat.Example.com'];
    });
    expect(await statusFor('chat.example.com.:443')).toBe(401);
    expect(await statusFor('127.0.0.1')).toBe(400);
  });

  it.each([
    ['Host: localhost\r\nHost: localhost', '/v1/chats', '"statusCode":400'],
    ['Host: localhost\r\nhost: evil.example', '/v1/chat', '"detail":'],
    ['Host: localhost\r\nHOST: evil.example', '/v1/chat/completions', '"error":{"message"'],
    [
      'Host: localhost\r\nAuthorization: Bearer demo-key\r\nAuthorization: Bearer other',
      '/v1/api/chat/support-agent',
      '"data":null',
    ],
    ['Host: localhost\r\nContent-Length: 1\r\nContent-Length: 2', '/v1/chats', '"statusCode":400'],
    ['Host: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked', '/v1/chats', '"statusCode":400'],
    ['Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '/v1/chats', '"statusCode":400'],
  ])('or a header like it is said once: %j at %s', async (headers, path, said) => {
    gateway = await start();
    const answer = await askRaw(`POST ${path} HTTP/1.1\r\n${headers}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain(said);
  });
});

describe('a page that uses a key', () => {
  const ask = (origin: string, key = 'demo-key') =>
    send('GET', `${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}`, origin } });
  const preflight = (origin: string, path: string) =>
    send('OPTIONS', `${gateway.url}${path}`, {
      headers: {
        origin,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'x-api-key, x-own',
      },
    });

  it('may where the key lists it, preflight and all, in every keyed dialect', async () => {
    gateway = await start();
    for (const path of [
      '/v1/chats',
      '/v1/chat',
      '/v1/api/chat/a',
      '/api/v1/chats/',
      '/v1/chat/completions',
      '/v1/models',
    ]) {
      const { status, headers } = await preflight(page, path);
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 204, page]);
      expect(headers.get('access-control-allow-methods')).toContain('DELETE');
      expect(headers.get('access-control-allow-headers')).toBe('x-api-key, x-own');
    }
    const answer = await ask(page);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, page]);
    expect(answer.headers.get('vary')).toContain('Origin');
    // An error is for the page to read too.
    expect((await ask(page, 'wrong')).headers.get('access-control-allow-origin')).toBe(page);
  });

  it('may not where it is not listed, or nothing is', async () => {
    gateway = await start();
    for (const [origin, key, status] of [
      ['https://evil.example', 'demo-key', 403],
      ['null', 'demo-key', 403],
      [page, 'server-key', 200],
      ['https://evil.example', 'server-key', 200],
    ] as const) {
      const answer = await ask(origin, key);
      const allowed = origin === page ? page : null;
      expect([origin, key, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        origin,
        key,
        status,
        allowed,
      ]);
    }
    expect(
      (await preflight('https://evil.example', '/v1/chats')).headers.get('access-control-allow-origin'),
    ).toBeNull();
    await gateway.reload((demo) => delete demo.tenants[0].keys[0].origins);
    expect((await preflight(page, '/v1/chats')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('opens a socket only where it is listed; who is no browser may', async () => {
    gateway = await start();
    const { body } = await send('POST', `${gateway.url}/api/v1/chats/`, { headers: keyed, json: { user_id: 'anna' } });
    const open = (key: string, headers: Record<string, string>) => {
      const query = new URLSearchParams({ api_key: key, user_id: 'anna', chat_id: body.id }).toString();
      return openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`, { headers });
    };
    for (const [key, headers] of [
      ['demo-key', { origin: page }],
      ['demo-key', {}],
      ['server-key', {}],
    ] as const) {
      const socket = open(key, headers);
      await socket.until('connection_established');
      await socket.close();
    }
    for (const [key, origin] of [
      ['demo-key', 'https://evil.example'],
      ['server-key', page],
      ['server-key', 'null'],
    ] as const) {
      const socket = open(key, { origin });
      expect(await socket.next()).toMatchObject({ error_code: 'AUTHENTICATION_FAILED' });
      expect((await socket.closed).code).toBe(4001);
    }
  });
});
