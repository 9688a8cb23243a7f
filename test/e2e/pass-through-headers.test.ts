import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { ask } from '../support/fuzz-wire.ts';
import { behindProxy, type TestGateway } from '../support/gateway.ts';
import { type Passing, runPassing } from '../support/passing.ts';

let origin: Server;
let gateway: TestGateway;
let asked: number;

/** An origin that reads headers as CGI and WSGI do: letters in one case, `-` as `_`, equal names as one list. */
beforeEach(async () => {
  asked = 0;
  origin = createServer((request, response) => {
    asked += 1;
    const read: Record<string, string> = {};
    for (const [at, name] of request.rawHeaders.entries()) {
      if (at % 2 === 1) continue;
      const variable = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
      read[variable] = [read[variable], request.rawHeaders[at + 1]].filter((value) => value !== undefined).join(',');
    }
    request.resume().on('end', () => response.end(JSON.stringify({ ...read, PATH: request.url })));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
});
afterEach(async () => {
  await gateway.close();
  origin.closeAllConnections();
  origin.close();
});

async function start(settings?: Passing): Promise<void> {
  const { port } = origin.address() as AddressInfo; // it listens on a port
  gateway = await runPassing({ url: `http://127.0.0.1:${port}` }, settings);
}

const target = '/v1/knowledge/a';
/** What the origin has read of a request with these lines among its headers. */
async function readBy(...lines: readonly string[]): Promise<Record<string, string>> {
  const { status, body } = await ask(
    gateway.url,
    Buffer.from(
      `GET ${target} HTTP/1.1\r\nHost: gateway\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
      'latin1',
    ),
  );
  expect(status).toBe(200);
  return JSON.parse(body) as Record<string, string>;
}

describe('a header that an origin may take for another', () => {
  it.each(['x_tenant', 'X_Tenant', 'x-Tenant', 'X-TENANT', 'x.tenant', 'x~tenant', 'x!tenant', "x'tenant"])(
    'stands for nothing beside the one that is set: %s',
    async (name) => {
      for (const allowUnderscores of [false, true]) {
        await start({ rule: { requestHeaders: { set: { 'X-Tenant': '1' } }, allowUnderscores } });
        expect((await readBy(`${name}: 666`))['X_TENANT']).toBe('1');
        if (!allowUnderscores) await gateway.close();
      }
    },
  );

  it('stands for nothing beside one that is set with an underscore', async () => {
    await start({ rule: { requestHeaders: { set: { x_tenant: '1' } } } });
    expect((await readBy('X-Tenant: 666', 'x_tenant: 666'))['X_TENANT']).toBe('1');
  });

  it('is removed where the other is', async () => {
    await start({ rule: { requestHeaders: { remove: ['X-Secret'] }, allowUnderscores: true } });
    expect(await readBy('x_secret: 1', 'X-SECRET: 2')).not.toHaveProperty('X_SECRET');
  });

  it('is passed on where that is allowed, and where there is no other', async () => {
    await start();
    expect(await readBy('x_session: 1', 'x-plain: 2')).toMatchObject({ X_PLAIN: '2' });
    expect(await readBy('x_session: 1')).not.toHaveProperty('X_SESSION');
    await gateway.close();
    await start({ rule: { allowUnderscores: true } });
    expect(await readBy('x_session: 1')).toMatchObject({ X_SESSION: '1' });
    expect(await readBy('x_user: eve', 'x-user: bob')).toMatchObject({ X_USER: 'bob' });
    expect(await readBy('x.session: 1')).not.toHaveProperty('X_SESSION');
  });

  it('is passed on to the origin of a key where that allows it', async () => {
    await start({ origin: { allowUnderscores: true } });
    const headers = { 'x-api-key': 'raw-key', x_session: '1' };
    const { body } = await send('GET', `${gateway.url}/api/v1/chats/x/y`, { headers });
    expect(body).toMatchObject({ X_SESSION: '1' });
  });
});

describe('what a client may not say', () => {
  it.each([
    'x_forwarded_for: 6.6.6.6',
    'X_Forwarded-Proto: https',
    'x_forwarded_host: evil.test',
    'x-forwarded-user: admin',
    'X-Forwarded-Prefix: /admin',
    'Forwarded: for=6.6.6.6',
    'X-Real-IP: 6.6.6.6',
    'x_real_ip: 6.6.6.6',
    'True-Client-IP: 6.6.6.6',
    'CF-Connecting-IP: 6.6.6.6',
    'X-Client-IP: 6.6.6.6',
    'X-Cluster-Client-IP: 6.6.6.6',
    'Fastly-Client-IP: 6.6.6.6',
    'X-Original-Forwarded-For: 6.6.6.6',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X_Original_URL: /admin',
    'Proxy: http://evil.test',
    'content_length: 100',
    'transfer_encoding: chunked',
    'Proxy-Connection: x',
    'Keep-Alive: timeout=6666',
    'TE: trailers, 6.6.6.6',
  ])('does not reach an origin: %s', async (line) => {
    await start({ rule: { allowUnderscores: true } });
    const read = JSON.stringify(await readBy(line));
    const [, value = ''] = line.split(': ');
    expect(read).not.toContain(value);
    expect(JSON.parse(read)).toMatchObject({
      X_FORWARDED_FOR: '127.0.0.1',
      X_FORWARDED_PROTO: 'http',
    });
  });

  it('is passed on where a proxy that is believed says it', async () => {
    await start({ more: behindProxy });
    const read = await readBy('X-Forwarded-For: 7.7.7.7', 'CF-Connecting-IP: 7.7.7.7', 'X-Original-URL: /admin');
    expect(read).toMatchObject({ CF_CONNECTING_IP: '7.7.7.7', X_FORWARDED_FOR: '7.7.7.7, 127.0.0.1' });
    expect(read).not.toHaveProperty('X_ORIGINAL_URL');
  });

  it('is taken from nobody else by a list of what ends here', async () => {
    await start({ rule: { requestHeaders: { set: { 'x-tenant': '1' } } } });
    const read = await readBy('Connection: x-tenant, x-forwarded-for, X-Hop , host', 'X-Hop: 1', 'X-Tenant: 666');
    expect(read).toMatchObject({ X_TENANT: '1', X_FORWARDED_FOR: '127.0.0.1', HOST: expect.stringMatching(/^127/) });
    expect(read).not.toHaveProperty('X_HOP');
  });
});

describe('a request whose end is in doubt', () => {
  const body = '5\r\nhello\r\n0\r\n\r\n';
  it.each([
    ['a length beside chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length twice', 'Content-Length: 5\r\nContent-Length: 5'],
    ['lengths in a list', 'Content-Length: 5, 5'],
    ['a length with a sign', 'Content-Length: +5'],
    ['a length in hex', 'Content-Length: 0x5'],
    ['a length with a space in it', 'Content-Length: 5 0'],
    ['a coding of another name', 'Transfer-Encoding: xchunked'],
    ['a coding behind chunks', 'Transfer-Encoding: chunked, identity'],
    ['chunks in chunks', 'Transfer-Encoding: chunked, chunked'],
    ['chunks said twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
    ['a coding that nobody undoes', 'Transfer-Encoding: gzip, chunked'],
    ['a coding that is none', 'Transfer-Encoding: identity'],
    ['a space before a colon', 'Transfer-Encoding : chunked'],
    ['a tab before a coding', 'Transfer-Encoding:\u000bchunked'],
    ['a line that goes on', 'X-Y: a\r\n Transfer-Encoding: chunked'],
  ])('is refused before an origin is asked: %s', async (_what, lines) => {
    await start();
    for (const path of [target, '/v1/chat']) {
      const { status } = await ask(
        gateway.url,
        Buffer.from(
          `POST ${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer demo-key\r\n${lines}\r\n\r\n${body}`,
        ),
      );
      expect([path, status, asked]).toEqual([
        path,
        expect.toSatisfy((code: number) => code === 400 || code === 501),
        0,
      ]);
    }
  });

  it.each(['a\u0000b', 'a\u0001b', 'a\u000bb', 'a\u007fb', 'a\rb', 'a\nb: c\r\n\u0001: d'])(
    'or holds control characters is refused: %j',
    async (value) => {
      await start();
      const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: gateway\r\nX-Y: ${value}\r\n\r\n`, 'latin1');
      expect([(await ask(gateway.url, bytes)).status, asked]).toEqual([400, 0]);
    },
  );
});
