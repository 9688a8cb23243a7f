import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { openStream, send } from '../support/client.ts';
import { statusOf, useHardened } from '../support/fuzz-asking.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import { parrot, secrets, served, servedDialects, toRaw, withNeighbour } from '../support/fuzz-requests.ts';
import { ask, type RawAnswer, type RawRequest } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll } from '../support/needs.ts';
import { hasNginx, type Nginx, startNginx } from '../support/nginx.ts';
import { askPlain } from '../support/passing.ts';
import { createRawServer } from '../support/vendor-server.ts';

const { gateway, goodFor, firstGood } = useHardened();

const expectPrivate = (what: string, { status, headers }: Pick<RawAnswer, 'status' | 'headers'>): void => {
  expect([what, status, headers['cache-control']]).toEqual([what, status, expect.stringMatching(/\bno-store\b/)]);
};

describe.each(served)('$name', (which) => {
  const { dialect, endpoint } = which;
  const askFor = (request: RawRequest) => ask(gateway().url, request);

  it('has no answer of its kept by a cache, good or bad', async () => {
    for (const good of await goodFor(which)) expectPrivate('good', await askFor(toRaw(good)));
    const raw = toRaw(await firstGood(which));
    const [path = ''] = raw.target.split('?');
    const bad: Readonly<Record<string, RawRequest>> = {
      'no credential': { ...raw, target: path, headers: {}, body: '{}' },
      'no JSON': { ...raw, body: '{' },
      'another method': { ...raw, method: 'PROPFIND' },
      'another path': { ...raw, target: `${path}/none/of/these` },
      'a fragment': { ...raw, target: `${path}#x` },
      'no HTTP': { ...raw, headers: { ...raw.headers, 'content-length': '-1' } },
      'a head that is too long': { ...raw, headers: { 'x-long': 'x'.repeat(20_000) } },
      'another type': { ...raw, headers: { ...raw.headers, 'content-type': 'text/html' } },
      'the head alone': { ...raw, method: 'HEAD' },
    };
    for (const [what, request] of Object.entries(bad)) expectPrivate(what, await askFor(request));
  });

  it('says on what an answer depends', async () => {
    const { headers } = await askFor(toRaw(await firstGood(which)));
    const { credential } = dialect;
    const names = credential.kind === 'site' ? ['origin'] : credential.headers;
    const vary = (headers['vary'] ?? '').toLowerCase().split(', ');
    expect(vary).toEqual(expect.arrayContaining([...names]));
    expect(endpoint.paths.length).toBeGreaterThan(0);
  });
});

describe('what is kept by no cache either', () => {
  it.each(['/healthz', '/readyz', '/metrics', '/', '/none', '/uploads/none.png'])('is %s', async (target) => {
    expectPrivate(target, await ask(gateway().url, { method: 'GET', target, headers: {} }));
  });

  it('is what a page asks beforehand, a handshake that is refused, and bytes that are no HTTP', async () => {
    const page = { origin: 'https://evil.test', 'access-control-request-method': 'POST' };
    const target = '/api/v1/chat/stream';
    expectPrivate('preflight', await ask(gateway().url, { method: 'OPTIONS', target, headers: page }));
    const socket = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '12' };
    expectPrivate('handshake', await ask(gateway().url, { method: 'GET', target: '/ws/chat', headers: socket }));
    for (const bytes of ['Good morning\r\n\r\n', 'GET /v1/chats/x HTTP/1.1\r\n\r\n']) {
      expectPrivate(bytes, await ask(gateway().url, Buffer.from(bytes)));
    }
  });

  it('is what is refused for its number, or while the gateway closes', async () => {
    const limited = await runGateway({
      configure: (demo) => {
        demo.limits = { address: { points: 1, seconds: 60 } };
      },
      backends: { shop: parrot },
    });
    const request = { method: 'GET', target: '/v1/models', headers: { authorization: 'Bearer demo-key' } };
    await ask(limited.url, request);
    const refused = await ask(limited.url, request);
    expectPrivate('limited', refused);
    expect(refused.status).toBe(429);
    await limited.close();
  });
});

describe('what is for everybody', () => {
  it.each(['/openapi.json', ...servedDialects.map(({ name }) => `/openapi/${name}.json`)])('is %s', async (target) => {
    const { headers } = await ask(gateway().url, { method: 'GET', target, headers: {} });
    expect(headers['cache-control']).toMatch(/^public, max-age=\d+$/);
  });
});

describe('what an origin says of its answers', () => {
  it.each([
    ['of anybody', {}, undefined, undefined],
    ['of anybody', {}, 'public, max-age=60', 'public, max-age=60'],
    ['of a key', { authenticate: 'homie' }, undefined, 'no-store'],
    ['of a key', { authenticate: 'homie' }, 'private, max-age=60', 'private, max-age=60'],
  ])('stands %s (%o, %s)', async (_whose, rule, said, told) => {
    const origin = await createRawServer();
    const passing = await runGateway({
      configure: (demo) => {
        demo.passthrough = [{ prefix: '/v1/knowledge', target: origin.url, ...rule }];
      },
    });
    const asking = askPlain(`${passing.url}/v1/knowledge`, { headers: { 'x-api-key': 'demo-key' } });
    (await origin.next()).answer(200, {}, said === undefined ? {} : { 'cache-control': said });
    const { headers } = await asking;
    expect(headers['cache-control']).toBe(told);
    if ('authenticate' in rule) expect(headers.vary).toMatch(/x-api-key/i);
    await passing.close();
    await origin.close();
  });
});

const needs = hasAll({ nginx: hasNginx() });
describe.runIf(needs)('behind an nginx that keeps what it may', () => {
  let cache: Nginx;
  let behind: TestGateway;
  beforeAll(async () => {
    behind = await runGateway({ configure: withNeighbour, backends: { shop: parrot } });
    cache = await startNginx({
      http: 'proxy_cache_path $folder/kept keys_zone=kept:1m;',
      server: `location / {
        proxy_pass ${behind.url}; proxy_cache kept; proxy_cache_valid any 10m; add_header X-Cache $upstream_cache_status always;
      }`,
    });
  });
  afterAll(async () => {
    await cache.close();
    await behind.close();
  });

  it('one tenant reads nothing of another’s', async () => {
    const { conversationId } = await makeKnown(behind);
    const mine = { 'x-api-key': secrets.key, authorization: `Bearer ${secrets.key}` };
    const theirs = { 'x-api-key': secrets.otherKey, authorization: `Bearer ${secrets.otherKey}` };
    await send('POST', `${behind.url}/v1/chats/${conversationId}/messages`, {
      headers: mine,
      json: { message: 'My secret', currentUrl: 'https://shop.example' },
    });
    const chats = `${cache.url}/api/v1/chats`;
    for (const path of [
      `${cache.url}/v1/chats/${conversationId}/messages`,
      `${chats}/${conversationId}`,
      `${chats}/${conversationId}/messages`,
      `${chats}/user/user123`,
    ]) {
      const first = await send('GET', path, { headers: mine });
      expect([path, first.status, first.headers.get('x-cache')]).toEqual([path, 200, 'MISS']);
      const second = await send('GET', path, { headers: theirs });
      expect([path, second.headers.get('x-cache')]).toEqual([path, 'MISS']);
      expect(JSON.stringify(second.body)).not.toContain('My secret');
      expect(JSON.stringify(second.body)).not.toContain(conversationId);
      expect((await send('GET', path)).status).toBe(401);
    }
  });

  it('one visitor reads nothing of another’s, and a refusal is nobody else’s', async () => {
    const path = `${cache.url}/v1/models`;
    expect((await send('GET', path)).status).toBe(401);
    expect((await send('GET', path, { headers: { authorization: `Bearer ${secrets.key}` } })).status).toBe(200);
    expect((await send('GET', path)).status).toBe(statusOf(adminApi, 'unauthenticated'));
  });

  it('a stream of events is everybody’s own', async () => {
    const { conversationId } = await makeKnown(behind);
    const events = `${cache.url}/v1/chats/${conversationId}/events`;
    const headers = { 'x-api-key': secrets.key };
    const stream = await openStream(events, { headers });
    expect([stream.status, stream.headers.get('x-cache')]).toEqual([200, 'MISS']);
    stream.leave();
    expect((await send('GET', events, { headers: { 'x-api-key': secrets.otherKey } })).status).toBe(404);
  });

  it('the description is kept', async () => {
    const path = `${cache.url}/openapi/homie.json`;
    await send('GET', path);
    expect((await send('GET', path)).headers.get('x-cache')).toBe('HIT');
  });
});
