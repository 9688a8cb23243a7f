import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type RawAnswer } from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';
import { hasAll } from '../support/needs.ts';
import { hasNginx, type Nginx, startNginx } from '../support/nginx.ts';
import { runPassing } from '../support/passing.ts';

let origin: Server;
let gateway: TestGateway;
/** The targets that have come to the origin, as it got them. */
let reached: string[];

/** An origin that resolves what it is asked for, and takes WebSockets as far as to say so. */
beforeAll(async () => {
  origin = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.end('{}');
  });
  origin.on('upgrade', (request, socket) => {
    reached.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo; // it listens on a port
  const url = `http://127.0.0.1:${port}`;
  gateway = await runPassing(
    { url },
    {
      more(demo) {
        demo.passthrough = [
          { prefix: '/v1/knowledge', target: url },
          { prefix: '/v1/knowledge/inner', target: url, authenticate: 'agent-slug' },
        ];
      },
    },
  );
});
afterAll(async () => {
  await gateway.close();
  origin.closeAllConnections();
  origin.close();
});
beforeEach(() => {
  reached = [];
});

const socketHeaders = () => ({
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
});

const ofSite = 'of a site';
/** Every way in: by the path, by a key, by a site; and as a WebSocket. */
const ways: readonly (readonly [string, string, (target: string) => Promise<RawAnswer>])[] = [
  ['of a rule', '/v1/knowledge', (target) => ask(gateway.url, { method: 'GET', target, headers: {} })],
  [
    'of a rule, for a socket',
    '/v1/knowledge',
    (target) => ask(gateway.url, { method: 'GET', target, headers: socketHeaders() }),
  ],
  [
    'of a key',
    '/v1/chats/ab',
    (target) => ask(gateway.url, { method: 'GET', target, headers: { 'x-api-key': 'raw-key' } }),
  ],
  [
    ofSite,
    '/api/v1/chat/history',
    (target) => {
      const [, path = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(target) ?? [];
      const query = rest.startsWith('?') ? rest.replace('?', '?site_key=sk_raw&') : `?site_key=sk_raw${rest}`;
      return ask(gateway.url, { method: 'GET', target: path + query, headers: {} });
    },
  ],
];

const strays = [
  '/../../admin/keys',
  '/%2e%2e/%2e%2e/admin',
  '/..%2f..%2fadmin',
  '/%252e%252e/admin',
  '/..%252f..%252fadmin',
  '/..;/admin',
  '/..%3b/admin',
  '/..%20/admin',
  '/..%00/admin',
  '/..%2500/admin',
  '/a%00',
  '/a%0d%0ax-y:%20z',
  '/..\\..\\admin',
  '/a\\b',
  '/a%5cb',
  '/%2e%2e%5cadmin',
  '/%c0%ae%c0%ae/admin',
  '/..%c0%afadmin',
  '/%u002e%u002e/admin',
  '/%ef%bc%8e%ef%bc%8e/admin',
];

describe.each(ways.filter(([which]) => which !== ofSite))('a path %s', (_which, prefix, askFor) => {
  it.each(strays)('that an origin may read as another is refused before it is asked: %j', async (stray) => {
    expect([(await askFor(`${prefix}${stray}`)).status, reached]).toEqual([400, []]);
  });

  it.each(['#/../../../admin/keys', '#', '/a#b', '?q=1#x', '/a?q#/../../x'])(
    'is sent without what stands behind %j',
    async (rest) => {
      expect([(await askFor(`${prefix}${rest}`)).status, reached]).toEqual([400, []]);
    },
  );

  it('is refused also where a host is named before it', async () => {
    for (const target of [
      `http://evil.test${prefix}/../admin`,
      `HTTP://evil.test${prefix}/%2e%2e/admin`,
      `http://evil.test${prefix}#/../x`,
    ]) {
      expect([target, (await askFor(target)).status, reached]).toEqual([target, 400, []]);
    }
  });

  it.each([
    '/group%2Frepo',
    '/group%2frepo/-/raw?ref=a/../b',
    '//a%2Fb/{x}?q=//..',
    '/caf%C3%A9',
    '/Gr%FC%DFe',
    '/a..b/v1...v2/.well-known',
    '/C%23?x=%23',
    '/100%25/a%20b+c;v=1',
    '?q=%00\\..\\%5c',
  ])('goes on as it was sent, byte for byte: %j', async (rest) => {
    const answer = await askFor(`${prefix}${rest}`);
    expect([[200, 403].includes(answer.status), reached.length]).toEqual([true, 1]);
    expect(reached[0]?.replace(/^\/old/, '')).toBe(`${prefix}${rest}`);
  });
});

describe.each(ways.filter(([which]) => which === ofSite))('a call %s', (_which, prefix, askFor) => {
  it.each(['/..%2f..%2fadmin', '#/../admin', '/..;/admin'])('is refused like others: %j', async (stray) => {
    expect([[400, 404].includes((await askFor(`${prefix}${stray}`)).status), reached]).toEqual([true, []]);
  });
});

describe('a key whose calls are passed on', () => {
  it.each(['//evil.test/admin', '/%2fevil.test/admin', '//', '/%2e%2e', '/..', '/v1/chats/%2e%2e/%2e%2e/%2e%2e'])(
    'is refused what names a host, or climbs over its origin: %j',
    async (target) => {
      const answer = await ask(gateway.url, {
        method: 'GET',
        target,
        headers: { authorization: 'Bearer raw-key', 'x-api-key': 'raw-key' },
      });
      expect([[400, 404].includes(answer.status), reached]).toEqual([true, []]);
    },
  );
});

describe('what is below a rule that asks for a credential', () => {
  it.each(['/%69nner/x', '/./inner/x', '//inner/x', '/inner%2fx', ';a=b/inner/x', '/%2569nner/x', '/inner;a/x'])(
    'is not reached by another that asks for none: %j',
    async (path) => {
      const { status } = await ask(gateway.url, { method: 'GET', target: `/v1/knowledge${path}`, headers: {} });
      expect([[400, 401, 404].includes(status), reached]).toEqual([true, []]);
    },
  );
});

describe('our own paths', () => {
  it.each([
    '/uploads/..%2f..%2fpackage.json',
    '/uploads/%2e%2e%2fpackage.json',
    '/uploads/..%5cpackage.json',
    '/uploads/x%00.png',
    '/uploads/%c0%ae%c0%ae%c0%afx.png',
    '/uploads/%',
    '/openapi/..%2fopenapi.json',
    '/openapi/%2e%2e/openapi.json',
    '/openapi/homie.json%00',
    '/openapi.json#',
    '/healthz#/../metrics',
    '/healthz\\..\\metrics',
    '/metrics/../healthz',
    '//metrics',
    '/%6detrics',
    '/v1/models/..%2f..%2fx',
    '/v1/models/%00',
    '/v1/models/%c0%ae',
    '/v1/chats/..%2f..%2fx/messages',
    '/v1/chats/%00/messages',
    '/v1/chats/%/messages',
    '/v1/chats/ab#/messages',
    '/v1/chats/a\\b/messages',
    '/api/v1/chats/..%2f/messages',
    '/api/v1/chats/user/%00',
    '/admin/v1/conversations/..%2f..%2fx',
    '/admin/v1/sites/..%2fx/sessions/%00',
    '/ws/chat/../chat',
    '/ws\\chat',
    '/x/../ws/chat',
  ])('are those that are asked for, and nothing else: %s', async (target) => {
    const headers = { authorization: 'Bearer demo-key', 'x-api-key': 'demo-key' };
    const admin = { authorization: 'Bearer demo-admin' };
    for (const more of [target.startsWith('/admin') ? admin : headers, { ...headers, ...socketHeaders() }]) {
      const { status } = await ask(gateway.url, { method: 'GET', target, headers: more });
      expect([status, [400, 401, 404, 422].includes(status)]).toEqual([status, true]);
    }
  });
});

const needs = hasAll({ nginx: hasNginx() });
describe.runIf(needs)('an nginx that has more than the prefix', () => {
  let nginx: Nginx;
  let before: TestGateway;
  beforeAll(async () => {
    nginx = await startNginx({
      server: 'location / { return 418 "secret"; } location /v1/knowledge/ { return 200 "open"; }',
    });
    before = await runPassing(nginx);
  });
  afterAll(async () => {
    await before.close();
    await nginx.close();
  });

  it('is asked for what stands below it alone', async () => {
    const askFor = (target: string) => ask(before.url, { method: 'GET', target, headers: {} });
    expect(await askFor('/v1/knowledge/group%2Frepo')).toMatchObject({ status: 200, body: 'open' });
    for (const stray of [...strays, '#/../../x']) {
      const { status } = await askFor(`/v1/knowledge${stray}`);
      expect([stray, status]).toEqual([stray, 400]);
    }
  });
});
