import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { useHardened } from '../support/fuzz-asking.ts';
import { parrot, served, toRaw } from '../support/fuzz-requests.ts';
import { ask } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

/** What real clients send and need. Their stories are told by number and name. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runGateway({ backends: { shop: parrot } });
});
afterAll(() => gateway.close());

const bearer = { authorization: 'Bearer demo-key' };
const agentPath = '/v1/api/chat/support-agent';
const visitor = { site_key: 'sk_demo', session_id: 'sess_field_clients' };
const completion = { model: 'support-agent', messages: [{ role: 'user', content: 'Hi' }] };
const streams = {
  'agent-slug': [agentPath, { message: 'Hi', stream: true }],
  widget: ['/api/v1/chat/stream', { ...visitor, message: 'Hi' }],
  openai: ['/v1/chat/completions', { ...completion, stream: true }],
} as const;

async function newChat(): Promise<string> {
  const json = { chatbotId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f' };
  const { body } = await send('POST', `${gateway.url}/v1/chats`, { headers: { 'x-api-key': 'demo-key' }, json });
  return `${gateway.url}/v1/chats/${String(body.id)}`;
}

/** All that comes on a connection until the server ends it. */
function readConnection(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(bytes);
  return readText(socket);
}

describe('a stream', () => {
  it.each(Object.entries(streams))(
    'of %s ends with its connection where that is asked for (clients/01-connection-close-stream)',
    async (_dialect, [path, json]) => {
      const body = JSON.stringify(json);
      const head = `Authorization: Bearer demo-key\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
      const said = await readConnection(
        gateway.url,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n\r\n${body}`,
      );
      expect(said).toMatch(/^HTTP\/1.1 200 [^]*\r\nConnection: close\r\n[^]*You said/);
      const old = await readConnection(gateway.url, `POST ${path} HTTP/1.0\r\n${head}\r\n\r\n${body}`);
      expect(old).toMatch(/\r\nConnection: close\r\n[^]*You said/);
      expect(old).not.toMatch(/transfer-encoding/i);
    },
  );

  it.each(Object.entries(streams))(
    'of %s keeps its connection otherwise, and tells its charset (clients/06-sse-charset)',
    async (_dialect, [path, json]) => {
      const { headers, rest } = await openStream(`${gateway.url}${path}`, { headers: bearer, json });
      expect([headers.get('content-type'), headers.get('connection')]).toEqual([
        'text/event-stream; charset=utf-8',
        'keep-alive',
      ]);
      await rest();
    },
  );

  it('of homie tells none, and when to come back; others tell that to nobody (clients/06-sse-charset, 13-drain-503-eventsource)', async () => {
    const response = await fetch(`${await newChat()}/events`, { headers: { 'x-api-key': 'demo-key' } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toMatch(/^retry: 3000\n/);
    await reader?.cancel();
    for (const [path, json] of Object.values(streams)) {
      const answer = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json' },
        body: JSON.stringify(json),
      });
      expect(await answer.text()).not.toMatch(/^(?:retry|event|id):/m);
    }
  });

  it.each([
    ['the query', (id: string) => [`?lastEventId=${encodeURIComponent(id)}`, {}] as const],
    ['its header', (id: string) => ['?lastEventId=1', { 'last-event-id': id }] as const],
    ['a header of the query’s name', (id: string) => ['', { lastEventId: id }] as const],
  ])('goes on after the place that %s tells (clients/05-lastEventId-query)', async (_where, place) => {
    const chat = await newChat();
    const headers = { 'x-api-key': 'demo-key' };
    const first = await openStream(`${chat}/events`, { headers });
    const say = (message: string) => send('POST', `${chat}/messages`, { headers, json: { message, currentUrl: '' } });
    await say('one');
    const seen = await first.until(({ data }) => data.includes('"completed"'));
    first.leave();
    await say('two');
    const [query, more] = place(seen.at(-1)?.id ?? '');
    const second = await openStream(`${chat}/events${query}`, { headers: { ...headers, ...more } });
    const told = await second.until(({ data }) => data.includes('"completed"'));
    second.leave();
    expect(JSON.stringify(told)).toContain('You said: two');
    expect(JSON.stringify(told)).not.toContain('You said: one');
  });
});

describe('a repeated call', () => {
  it('of openai gets the id of the first (clients/15-idempotent-id)', async () => {
    const headers = { ...bearer, 'idempotency-key': 'field-15' };
    const path = `${gateway.url}/v1/chat/completions`;
    const first = await send('POST', path, { headers, json: completion });
    const second = await send('POST', path, { headers, json: completion });
    expect(second.body.id).toBe(first.body.id);
    const stream = await openStream(path, { headers, json: { ...completion, stream: true } });
    const chunks = await stream.rest();
    const ids = chunks.slice(0, -1).map(({ data }) => (JSON.parse(data) as { id: string }).id);
    expect(new Set(ids)).toEqual(new Set([first.body.id]));
  });
});

describe('a browser', () => {
  let other: TestGateway;
  let finish = (): void => undefined;
  afterEach(() => finish());

  it('that opens a stream while the gateway closes is cut off, so that it comes back (clients/13-drain-503-eventsource)', async () => {
    const script = createScriptedBackend();
    other = await runGateway({ backends: { shop: script.backend }, drainMs: 60_000 });
    const asked = send('POST', `${other.url}${agentPath}`, { headers: bearer, json: { message: 'Hi' } });
    const reply = await script.next();
    const closed = other.close();
    finish = () => reply.end();
    const path = `${other.url}/v1/chats/ab12cd34-ef56-7890-ab12-cd34ef567890/events`;
    const headers = { 'x-api-key': 'demo-key' };
    await expect(fetch(path, { headers: { ...headers, accept: 'text/event-stream' } })).rejects.toThrow();
    expect((await fetch(path, { headers: { ...headers, accept: 'application/json' } })).status).toBe(503);
    expect(other.logged.filter(({ code }) => code === 'shutting-down')).toHaveLength(2);
    reply.end();
    expect((await asked).status).toBe(200);
    await closed;
  });

  it('that leaves a page can still say something: sendBeacon comes as text (field: sendBeacon)', async () => {
    const headers = { 'content-type': 'text/plain;charset=UTF-8', origin: 'http://127.0.0.1:8080' };
    const beacon = (path: string, fields: object) =>
      send('POST', `${gateway.url}${path}`, { headers, raw: JSON.stringify({ ...visitor, ...fields }) });
    expect((await beacon('/api/v1/proactive/event', { event: 'dismissed' })).body).toEqual({ success: true });
    expect((await beacon('/api/v1/chat/email', { email: 'ann@example.com' })).status).toBe(200);
    // It is no way round the origins, and none for keys.
    const elsewhere = { ...headers, origin: 'https://evil.test' };
    const json = JSON.stringify({ ...visitor, event: 'shown' });
    expect(
      (await send('POST', `${gateway.url}/api/v1/proactive/event`, { headers: elsewhere, raw: json })).status,
    ).toBe(403);
    const keyed = await send('POST', `${gateway.url}${agentPath}`, {
      headers: { ...headers, ...bearer },
      raw: '{"message":"Hi"}',
    });
    expect(keyed.status).toBe(415);
  });
});

describe('a credential', () => {
  const chat = () => `${gateway.url}/api/v1/chats`;
  const json = { user_id: 'ann' };

  it.each([
    ['X-API-Key', 'X-API-Key: demo-key\r\nX-API-Key: demo-key'],
    ['X-API-Key, by hands of a proxy', 'X-API-Key: demo-key, demo-key'],
    ['Authorization', 'Authorization: Bearer demo-key\r\nAuthorization: Bearer demo-key'],
    ['both', 'Authorization: Bearer demo-key\r\nX-API-Key: demo-key'],
  ])('that comes several times is one: %s (HTTP oddities)', async (_what, lines) => {
    for (const path of ['/v1/chat', '/v1/chats']) {
      const body = path === '/v1/chat' ? '{"message":"Hi"}' : '{"chatbotId":"5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f"}';
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${lines}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      expect((await ask(gateway.url, Buffer.from(head))).status).toBeLessThan(300);
    }
  });

  it('that is two is none (HTTP oddities)', async () => {
    const head = 'GET /v1/chats/x/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: demo-key\r\nX-API-Key: other\r\n\r\n';
    expect((await ask(gateway.url, Buffer.from(head))).status).toBe(401);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Digest x', 'Negotiate', '', 'Bearer'])(
    'is not hidden by another kind beside it: %j (HTTP oddities)',
    async (authorization) => {
      const headers = { 'x-api-key': 'demo-key', authorization };
      expect((await send('POST', chat(), { headers, json })).status).toBe(201);
      expect((await send('POST', `${gateway.url}/v1/chat`, { headers, json: { message: 'Hi' } })).status).toBe(200);
      expect(
        (await send('POST', `${gateway.url}/v1/chat`, { headers: { authorization }, json: { message: 'Hi' } })).status,
      ).toBe(401);
    },
  );
});

describe('every path', () => {
  const { gateway: hardened, firstGood } = useHardened();

  it.each(served)('with a slash at its end is the same: $name (HTTP oddities)', async (which) => {
    const raw = toRaw(await firstGood(which));
    const plain = raw.target.replace(/\/(?=$|\?)/, '');
    const [one, other] = [plain, plain.replace(/(?=$|\?)/, '/')];
    const { status } = await ask(hardened().url, { ...raw, target: one });
    const again = toRaw(await firstGood(which));
    const told = await ask(hardened().url, { ...again, target: again.target.replace(/\/?(?=$|\?)/, '/') });
    expect([other, told.status]).toEqual([other, status]);
    expect(status).toBeLessThan(300);
  });

  it.each(served.filter(({ endpoint }) => endpoint.method === 'GET'))(
    'has a head where it can be got: $name (field: HEAD)',
    async (which) => {
      const raw = toRaw(await firstGood(which));
      const got = await ask(hardened().url, raw);
      const head = await ask(hardened().url, { ...raw, method: 'HEAD' });
      expect([head.status, head.body, head.headers['content-type']]).toEqual([
        got.status,
        '',
        got.headers['content-type'],
      ]);
      const refused = await ask(hardened().url, {
        method: 'HEAD',
        target: raw.target.split('?')[0] ?? '',
        headers: {},
      });
      expect(refused.status).toBeGreaterThanOrEqual(400);
    },
  );

  it('takes nothing away by its head: what operators have written is still there', async () => {
    const session = `${hardened().url}/admin/v1/sites/sk_demo/sessions/sess_head`;
    const headers = { authorization: 'Bearer demo-admin' };
    await send('POST', `${session}/nudges`, { headers, json: { text: 'Need help?' } });
    const pending = `${hardened().url}/api/v1/chat/pending-proactive?site_key=sk_demo&session_id=sess_head`;
    expect((await send('HEAD', pending)).status).toBe(200);
    expect(JSON.stringify((await send('GET', pending)).body)).toContain('Need help?');
  });
});
