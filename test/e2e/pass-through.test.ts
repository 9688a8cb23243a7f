import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { askPlain, type Passing, runPassing } from '../support/passing.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const raw = { 'x-api-key': 'raw-key' };
const bearer = { authorization: 'Bearer raw-key' };

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

const knowledge = (path = '') => `${gateway.url}/v1/knowledge${path}`;
const counted = (labels: Record<string, string>) =>
  readMetric(gateway.url, 'dragoman_requests_total', { operation: 'passthrough', ...labels });

describe('a rule', () => {
  it('has the origin see the request, and the client its answer, as they are', async () => {
    await start();
    const asking = askPlain(
      gateway.url,
      {
        path: '/v1/knowledge//a%2Fb/{x}?q=1&q=//',
        method: 'PUT',
        headers: {
          'content-type': 'text/plain',
          'x-mine': 'yes',
          forwarded: 'for=6.6.6.6',
          'x-forwarded-for': '6.6.6.6',
          connection: 'close, x-secret',
          'x-secret': '1',
        },
      },
      'Grüße',
    );
    const got = await origin.next();
    expect([got.method, got.path, got.body]).toEqual(['PUT', '/v1/knowledge//a%2Fb/{x}?q=1&q=//', 'Grüße']);
    const { host } = new URL(gateway.url);
    expect(got.headers).toMatchObject({
      host: new URL(origin.url).host,
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': host,
    });
    expect(got.headers).not.toHaveProperty('x-secret');
    expect(got.headers).not.toHaveProperty('forwarded');
    got.head(418, { 'set-cookie': 'a=b', 'x-yes': '1', connection: 'x-hop', 'x-hop': '1' });
    got.end('{"detail" : "teapot"}');
    const answer = await asking;
    expect(answer.statusCode).toBe(418);
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=b'], 'x-yes': '1' });
    expect(answer.headers).not.toHaveProperty('x-hop');
    expect(await readText(answer)).toBe('{"detail" : "teapot"}');
    expect(await counted({ dialect: 'admin', backend: '/v1/knowledge', code: 'ok' })).toBe(1);
  });

  it.each([
    ['of the longest prefix has the path', '/v1/knowledge', 200],
    ['has nothing beside its prefix', '/v1/knowledgeable', 503],
    ['has nothing that climbs out of it', '/v1/knowledge/%2e%2e/chats', 400],
    ['leaves to a dialect what it serves', '/v1/chats', 405],
    ['leaves to a dialect what it serves', '/v1/api/chat/support-agent', 405],
    ['comes before what a dialect does not know', '/v1/chats/other/things/there', 503],
  ])('%s: %s', async (_what, path, status) => {
    await start();
    const answering = askPlain(gateway.url, { path });
    if (status === 200) (await origin.next()).answer(200, {});
    expect((await answering).statusCode).toBe(status);
  });

  it('changes the headers that it lists', async () => {
    await start({
      rule: {
        requestHeaders: { remove: ['Cookie', 'content-length'], set: { Authorization: 'Bearer theirs' } },
        responseHeaders: { remove: ['server'], set: { 'X-Served-By': 'legacy' } },
      },
    });
    const headers = { authorization: 'Bearer ours', cookie: 'a=b' };
    const asking = send('POST', knowledge(), { headers, raw: 'body' });
    const got = await origin.next();
    expect(got.headers).toMatchObject({ authorization: 'Bearer theirs', 'content-length': '4' });
    expect(got.headers).not.toHaveProperty('cookie');
    got.answer(200, {}, { server: 'old/1.0' });
    const answer = await asking;
    expect(answer.headers.get('x-served-by')).toBe('legacy');
    expect(answer.headers.has('server')).toBe(false);
  });

  it.each([
    ['a redirect, which is for the client to follow', 'GET', 307, { location: 'http://169.254.169.254/' }],
    ['that nothing has changed', 'GET', 304, { etag: '"1"' }],
    ['that there is nothing', 'DELETE', 204, {}],
    ['the head alone', 'HEAD', 200, { 'content-length': '1234' }],
  ])('passes on %s', async (_what, method, status, headers) => {
    await start();
    const asking = askPlain(knowledge(), { method });
    const got = await origin.next();
    got.head(status, headers);
    got.end();
    const answer = await asking;
    expect([answer.statusCode, await readText(answer)]).toEqual([status, '']);
    expect(answer.headers).toMatchObject(headers);
    expect(origin.requests).toHaveLength(1);
  });

  it('streams as it comes, and counts the stream while it is open (failure 9)', async () => {
    await start();
    const asking = askPlain(knowledge('/events'));
    const got = await origin.next();
    got.head(200);
    const answer = await asking; // before any event
    for (const text of ['data: one\n\n', 'data: t', 'wo\r\n\r\n']) {
      const coming = once(answer, 'data');
      got.write(text);
      expect(String((await coming)[0])).toBe(text);
    }
    expect(await readMetric(gateway.url, 'dragoman_open_streams')).toBe(1);
    const ended = once(answer, 'end');
    got.end();
    answer.resume();
    await ended;
    await expect.poll(() => readMetric(gateway.url, 'dragoman_open_streams')).toBe(0);
  });

  it('asks for the credential that it names, and limits its owner, in the words of the dialect', async () => {
    await start({
      rule: { authenticate: 'agent-slug' },
      more: (demo) => {
        demo.tenants[0].keys[0].limits = { requests: { points: 1, seconds: 60 } };
      },
    });
    const refused = await send('GET', knowledge());
    expect([refused.status, refused.body]).toMatchObject([401, { error: expect.anything() }]);
    const headers = { authorization: 'Bearer demo-key' };
    const asking = send('GET', knowledge(), { headers });
    (await origin.next()).answer(200, { ok: true });
    expect((await asking).body).toEqual({ ok: true });
    const limited = await send('GET', knowledge(), { headers });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, expect.any(String)]);
    expect(origin.requests).toHaveLength(1);
  });

  it('finds the site that stands in a body, and passes the body on as it came', async () => {
    await start({ rule: { authenticate: 'widget' } });
    const body = '{ "site_key":"sk_demo",\n "more": 1.0 }';
    const asking = send('POST', knowledge(), { raw: body, headers: { 'content-type': 'application/json' } });
    const got = await origin.next();
    got.answer(200, {});
    expect([(await asking).status, got.body]).toEqual([200, body]);
    expect((await send('POST', knowledge(), { json: { site_key: 'sk_none' } })).status).toBe(404);
  });
});

describe('a key whose calls are passed on', () => {
  const chatId = 'ab12cd34-ef56-7890-ab12-cd34ef567890';
  it.each([
    ['homie', 'POST', `/v1/chats/${chatId}/messages`, raw],
    ['agent-slug', 'POST', '/v1/api/chat/support-agent?x=1', bearer],
    ['tenant-chats', 'DELETE', `/api/v1/chats/${chatId}`, raw],
    ['homie', 'GET', `/v1/chats/${chatId}/unknown`, raw],
    ['tenant-chats', 'PATCH', `/api/v1/chats/${chatId}`, raw],
    ['item-discovery', 'POST', '/v1/chat', bearer],
  ])('reaches its origin in %s unread: %s %s', async (dialect, method, path, headers) => {
    await start({
      more: (demo) => {
        demo.passthrough = [];
      },
    });
    const body = method === 'POST' ? '{"not" : json' : undefined;
    const asking = send(method, `${gateway.url}${path}`, { headers, ...(body !== undefined && { raw: body }) });
    const got = await origin.next();
    expect([got.method, got.path, got.body]).toEqual([method, `/old${path}`, body ?? '']);
    got.head(422, { 'content-type': 'text/plain' });
    got.end('theirs');
    expect(await asking).toMatchObject({ status: 422, body: 'theirs' });
    expect(await counted({ dialect, backend: 'legacy', code: 'ok' })).toBe(1);
  });
});

describe('a site whose calls are passed on', () => {
  const page = { origin: 'https://shop.example' };

  it('has its body passed on byte for byte, and the stream of the answer back', async () => {
    await start();
    const body = '{ "siteKey" : "sk_raw", "session_id":"s",\n "message":"Grüße", "price": 1.0 }';
    const asking = askPlain(
      `${gateway.url}/api/v1/chat/stream`,
      { method: 'POST', headers: { ...page, 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
      body,
    );
    const got = await origin.next();
    expect([got.path, got.body]).toEqual(['/old/api/v1/chat/stream', body]);
    got.write('data: {"type":"chunk"}\n\n');
    const answer = await asking;
    expect(answer.headers['content-type']).toBe('text/event-stream');
    got.end('data: {"type":"done"}\n\n');
    expect(await readText(answer)).toBe('data: {"type":"chunk"}\n\ndata: {"type":"done"}\n\n');
    expect(await counted({ dialect: 'widget', backend: 'legacy', code: 'ok' })).toBe(1);
  });

  it.each([
    ['in the form', '', { site_key: 'sk_raw', session_id: 's' }],
    ['in the query', '?site_key=sk_raw', { session_id: 's' }],
  ])('has an upload that names it %s passed on byte for byte', async (_where, query, fields) => {
    await start();
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('image', new Blob(['x'.repeat(1_500_000)]), 'picture.png');
    const encoded = new Response(form);
    const type = encoded.headers.get('content-type') ?? '';
    const body = await encoded.text();
    const headers = { ...page, 'content-type': type };
    const asking = send('POST', `${gateway.url}/api/v1/chat/upload-image${query}`, { headers, raw: body });
    const got = await origin.next();
    expect([got.headers['content-type'], got.body === body]).toEqual([type, true]);
    got.answer(201, { theirs: true });
    expect(await asking).toMatchObject({ status: 201, body: { theirs: true } });
  });

  it('is named in the query of a call without body, and refused to pages of others', async () => {
    await start();
    const messages = `${gateway.url}/api/v1/chat/history?site_key=sk_raw`;
    const refused = await send('GET', messages, { headers: { origin: 'https://evil.test' } });
    expect(refused.status).toBe(403);
    const asking = send('GET', messages, { headers: page });
    const got = await origin.next();
    expect([got.method, got.body]).toEqual(['GET', '']);
    got.answer(200, [], { vary: 'Accept' });
    const answer = await asking;
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answer.headers.get('vary')).toBe('Origin, Accept');
  });
});
