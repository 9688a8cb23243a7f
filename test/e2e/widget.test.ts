import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const admin = { authorization: 'Bearer demo-admin' };
const shop = 'https://shop.example';
/** The smallest picture there is. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
let sessions = 0;
let visitor: { site_key: string; session_id: string };

beforeAll(async () => {
  script = createScriptedBackend();
  gateway = await runGateway({
    backends: { shop: script.backend },
    configure: (demo) => {
      const { sites } = demo.tenants[0];
      sites[0].origins = [shop];
      sites.push({ key: 'sk_other', origins: ['https://other.example'] });
    },
  });
});
afterAll(() => gateway.close());
beforeEach(() => {
  visitor = { site_key: 'sk_demo', session_id: `sess ${(sessions += 1)}/ü` };
});

const chat = () => `${gateway.url}/api/v1/chat`;
const query = (more: Record<string, string> = {}) => new URLSearchParams({ ...visitor, ...more }).toString();
const get = (path: string, more: Record<string, string> = {}) => send('GET', `${chat()}/${path}?${query(more)}`);
const post = (path: string, fields: object) => send('POST', `${chat()}/${path}`, { json: { ...visitor, ...fields } });

/** Sends a message and has it answered; the events of the stream. */
async function ask(message: string, answer: readonly string[], who: object = visitor): Promise<any[]> {
  const opening = openStream(`${chat()}/stream`, { json: { ...who, message } });
  const reply = await script.next();
  for (const text of answer) reply.say({ type: 'text-delta', text });
  reply.end();
  return dataOf(await (await opening).rest());
}

const session = () => `${gateway.url}/admin/v1/sites/sk_demo/sessions/${encodeURIComponent(visitor.session_id)}`;
const conversation = async () => (await send('GET', session(), { headers: admin })).body;
async function asOperator(method: string, path: string, json: unknown): Promise<any> {
  const { id } = await conversation();
  const { status, body } = await send(method, `${gateway.url}/admin/v1/conversations/${id}${path}`, {
    headers: admin,
    json,
  });
  expect(status).toBeLessThan(300);
  return body;
}
const texts = (messages: { content: string }[]) => messages.map(({ content }) => content);

describe('a visitor', () => {
  it('is answered in chunks, then done with an integer conversation id', async () => {
    const events = await ask('Do you ship to Canada?', ['Yes, ', 'we do.\n']);
    expect(events).toEqual([
      { type: 'chunk', content: 'Yes, ' },
      { type: 'chunk', content: 'we do.\n' },
      { type: 'done', meta: { conversation_id: expect.any(Number) } },
    ]);
    expect(Number.isInteger(events[2].meta.conversation_id)).toBe(true);
  });

  it('stays in one conversation, which no other session shares', async () => {
    const [first] = [(await ask('One', ['First'])).at(-1), await ask('Two', ['Second'])];
    const again = (await ask('Three', ['Third'])).at(-1);
    expect(again).toEqual(first);
    const other = (await ask('Hello', ['Hi'], { ...visitor, session_id: `${visitor.session_id}2` })).at(-1);
    expect(other.meta.conversation_id).not.toBe(first.meta.conversation_id);
  });

  it('finds the history again, oldest first and from its end', async () => {
    expect((await get('history')).body).toEqual({ success: true, messages: [] });
    await ask('One', ['First']);
    await ask('Two', ['Second']);
    const { status, body } = await get('history');
    expect(status).toBe(200);
    expect(body.success).toBe(true);
    expect(body.messages.map(({ role, content }: any) => [role, content])).toEqual([
      ['visitor', 'One'],
      ['assistant', 'First'],
      ['visitor', 'Two'],
      ['assistant', 'Second'],
    ]);
    for (const { id, created_at: at } of body.messages) {
      expect(Number.isInteger(id)).toBe(true);
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    }
    expect(texts((await get('history', { limit: '2' })).body.messages)).toEqual(['Two', 'Second']);
    expect(texts((await get('history', { limit: '2', offset: '1' })).body.messages)).toEqual(['First', 'Two']);
  });

  it('is known by either spelling of the names, in the query and in the body', async () => {
    const camel = { siteKey: visitor.site_key, sessionId: visitor.session_id };
    const done = (await ask('One', ['First'], camel)).at(-1);
    expect((await ask('Two', ['Second'])).at(-1)).toEqual(done);
    const { body } = await send('GET', `${chat()}/history?${new URLSearchParams(camel).toString()}`);
    expect(texts(body.messages)).toEqual(['One', 'First', 'Two', 'Second']);
  });

  it('loses nothing when the gateway is started again', async () => {
    const done = (await ask('One', ['First'])).at(-1);
    gateway = await gateway.restart();
    expect(texts((await get('history')).body.messages)).toEqual(['One', 'First']);
    expect((await ask('Two', ['Second'])).at(-1)).toEqual(done);
  });

  it('of one site is never seen by another', async () => {
    await ask('Here', ['Yes']);
    await asOperator('POST', '/messages', { text: 'Jane here' });
    await asOperator('PATCH', '', { blocked: true });
    const there = { ...visitor, site_key: 'sk_other' };
    const see = (path: string) => send('GET', `${chat()}/${path}?${new URLSearchParams(there).toString()}`);
    expect((await see('history')).body.messages).toEqual([]);
    expect((await see('operator-messages')).body).toEqual({ success: true, messages: [], mode: 'ai' });
    expect((await see('block-status')).body.blocked).toBe(false);
    await ask('There', ['No'], there);
    expect(texts((await see('history')).body.messages)).toEqual(['There', 'No']);
    expect(texts((await get('history')).body.messages)).toEqual(['Here', 'Yes', 'Jane here']);
  });
});

describe('what a visitor leaves', () => {
  it.each([
    ['email', { email: 'jane@example.com' }, { success: true, message: 'Email saved' }, 'contact'],
    ['contact', { phone: '+15550100', name: 'Jane' }, { success: true, message: 'Contact saved' }, 'contact'],
    ['rate', { score: 5 }, { success: true }, 'rating'],
    ['rate/comment', { comment: 'Great!' }, { success: true }, 'rating'],
  ] as const)('by %s is kept, before the first message and after', async (path, fields, answer, kept) => {
    expect(await post(path, fields)).toMatchObject({ status: 200, body: answer });
    const before = await conversation();
    expect(before[kept]).toMatchObject(fields);
    expect(before).toMatchObject({ messageCount: 0, participant: { sessionId: visitor.session_id } });
    await ask('Hello', ['Hi']);
    expect(await post(path, fields)).toMatchObject({ status: 200, body: answer });
    const after = await conversation();
    expect(after).toMatchObject({ id: before.id, messageCount: 2, [kept]: fields });
  });

  it('is put together: a later answer does not forget an earlier one', async () => {
    await post('email', { email: 'jane@example.com' });
    await post('contact', { phone: '+15550100' });
    await post('rate', { score: 4 });
    await post('rate/comment', { comment: 'Good' });
    await post('rate', { score: 5 });
    expect(await conversation()).toMatchObject({
      contact: { email: 'jane@example.com', phone: '+15550100' },
      rating: { score: 5, comment: 'Good' },
    });
  });
});

describe('an operator', () => {
  it('takes a conversation over and gives it back', async () => {
    const first = (await ask('Hello', ['Hi'])).at(-1);
    const asked = script.asked.length;
    await asOperator('PATCH', '', { mode: 'operator' });
    const silent = await openStream(`${chat()}/stream`, { json: { ...visitor, message: 'A person, please' } });
    expect(dataOf(await silent.rest())).toEqual([{ type: 'done', meta: { ...first.meta, mode: 'operator' } }]);
    expect(script.asked).toHaveLength(asked);
    expect((await get('operator-messages')).body).toEqual({ success: true, messages: [], mode: 'operator' });
    expect(texts((await get('history')).body.messages).at(-1)).toBe('A person, please');

    await asOperator('POST', '/messages', { text: 'This is Jane', imageUrl: 'https://cdn.example/desk.png' });
    const { body } = await get('operator-messages');
    expect(body).toEqual({
      success: true,
      mode: 'operator',
      messages: [
        {
          id: expect.any(Number),
          role: 'operator',
          content: 'This is Jane',
          created_at: expect.stringMatching(/\+00:00$/),
          image_url: 'https://cdn.example/desk.png',
        },
      ],
    });

    await asOperator('PATCH', '', { mode: 'ai' });
    expect((await get('operator-messages')).body.mode).toBe('ai');
    expect(await ask('Thanks', ['You are welcome'])).toHaveLength(2);
  });

  it('is read once, or again after an id or a time', async () => {
    await ask('Hello', ['Hi']);
    for (const text of ['One', 'Two', 'Three']) await asOperator('POST', '/messages', { text });
    const after = async (more: Record<string, string>) => texts((await get('operator-messages', more)).body.messages);
    const all = (await get('operator-messages')).body.messages;
    expect(texts(all)).toEqual(['One', 'Two', 'Three']);
    expect(await after({})).toEqual([]);
    for (const name of ['after_id', 'afterId', 'last_id', 'lastId']) {
      expect(await after({ [name]: String(all[0].id) })).toEqual(['Two', 'Three']);
    }
    expect(await after({ after_id: '0' })).toEqual(['One', 'Two', 'Three']);
    expect(await after({ since: '2020-01-01T00:00:00Z' })).toEqual(['One', 'Two', 'Three']);
    expect(await after({ since: '2020-01-01T00:00:00+02:00' })).toEqual(['One', 'Two', 'Three']);
    expect(await after({ since: new Date(Date.now() + 1_000).toISOString() })).toEqual([]);

    await asOperator('POST', '/messages', { text: 'Four' });
    expect(await after({ after_id: String(all[2].id) })).toEqual(['Four']);
    // Asking from an id takes nothing from the inbox.
    expect(await after({})).toEqual(['Four']);
    expect(await after({})).toEqual([]);
  });

  it('is not lost behind many earlier messages, by time or by inbox', async () => {
    await ask('Hello', ['Hi']);
    for (let index = 0; index < 205; index += 1) await asOperator('POST', '/messages', { text: `${index}` });
    const since = new Date().toISOString();
    await asOperator('POST', '/messages', { text: 'The newest' });
    expect(texts((await get('operator-messages', { since })).body.messages)).toEqual(['The newest']);
    const inbox = [];
    for (let full = true; full; ) {
      const page = texts((await get('operator-messages')).body.messages);
      inbox.push(...page);
      full = page.length > 0;
    }
    expect(inbox).toHaveLength(206);
    expect(inbox.at(-1)).toBe('The newest');
  });

  it('blocks a visitor, and lets them in again', async () => {
    expect((await get('block-status')).body).toEqual({ success: true, blocked: false });
    await ask('Hello', ['Hi']);
    await asOperator('PATCH', '', { blocked: true });
    expect((await get('block-status')).body).toEqual({ success: true, blocked: true });
    const refused = await post('stream', { message: 'Let me in' });
    expect(refused).toMatchObject({ status: 403, body: { success: false, error: expect.any(String) } });
    expect(texts((await get('history')).body.messages)).toEqual(['Hello', 'Hi']);
    await asOperator('PATCH', '', { blocked: false });
    expect((await get('block-status')).body.blocked).toBe(false);
    expect(await ask('Thank you', ['Sure'])).toHaveLength(2);
  });

  it('nudges a visitor who has not said anything yet: each nudge is given out once', async () => {
    expect((await get('pending-proactive')).body).toEqual({ success: true, messages: [] });
    for (const text of ['Need help?', 'Still there?']) {
      const put = await send('POST', `${session()}/nudges`, { headers: admin, json: { text } });
      expect(put).toMatchObject({ status: 201, body: { text } });
    }
    const { body } = await get('pending-proactive');
    expect(body).toMatchObject({ success: true });
    expect(texts(body.messages)).toEqual(['Need help?', 'Still there?']);
    expect((await get('pending-proactive')).body.messages).toEqual([]);
    expect((await ask('Yes', ['Good'])).at(-1).meta.conversation_id).toEqual(expect.any(Number));
  });

  it('can count what became of nudges', async () => {
    const count = (event: string) => readMetric(gateway.url, 'dragoman_nudge_events_total', { event });
    for (const event of ['shown', 'shown', 'clicked', 'dismissed']) {
      const json = { ...visitor, event, rule_path: '/pricing' };
      const { status, body } = await send('POST', `${gateway.url}/api/v1/proactive/event`, { json });
      expect([status, body]).toEqual([200, { success: true }]);
    }
    expect([await count('shown'), await count('clicked'), await count('dismissed')]).toEqual([2, 1, 1]);
    const wrong = await send('POST', `${gateway.url}/api/v1/proactive/event`, { json: { ...visitor, event: 'eaten' } });
    expect(wrong.status).toBe(422);
  });
});

describe('a page', () => {
  const preflight = (origin: string, path: string, method = 'POST') =>
    send('OPTIONS', `${gateway.url}${path}`, {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      },
    });

  it('of the site may ask whether it may call, and call', async () => {
    for (const path of ['/api/v1/chat/stream', '/api/v1/chat/upload-image', '/api/v1/proactive/event']) {
      const { status, headers } = await preflight(shop, path);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(shop);
      expect(headers.get('access-control-allow-methods')).toContain('POST');
      expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
      expect(headers.get('vary')).toContain('Origin');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    const simple = await send('GET', `${chat()}/history?${query()}`, { headers: { origin: shop } });
    expect(simple.status).toBe(200);
    expect(simple.headers.get('access-control-allow-origin')).toBe(shop);
    expect(simple.headers.get('vary')).toContain('Origin');
    const opening = openStream(`${chat()}/stream`, { headers: { origin: shop }, json: { ...visitor, message: 'Hi' } });
    (await script.next()).end();
    const stream = await opening;
    expect(stream.headers.get('access-control-allow-origin')).toBe(shop);
    await stream.rest();
  });

  it('of the site can read its errors', async () => {
    const { status, headers } = await send('POST', `${chat()}/stream`, { headers: { origin: shop }, json: visitor });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([422, shop]);
  });

  it.each(['https://evil.example', 'null', `${shop}.evil.example`, 'http://shop.example', `${shop}:8443`])(
    'of %s is refused, and cannot read why',
    async (origin) => {
      for (const [method, path] of [
        ['GET', `history?${query()}`],
        ['POST', 'stream'],
      ] as const) {
        const json = method === 'POST' ? { ...visitor, message: 'Hi' } : undefined;
        const { status, headers, body } = await send(method, `${chat()}/${path}`, { headers: { origin }, json });
        expect([status, body.success]).toEqual([403, false]);
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('vary')).toContain('Origin');
      }
      const asked = await preflight(origin, '/api/v1/chat/stream');
      expect(asked.status).toBe(403);
      expect(asked.headers.get('access-control-allow-origin')).toBeNull();
      expect(asked.headers.get('access-control-allow-methods')).toBeNull();
    },
  );

  it.each([
    ['a host below a listed one', 'https://*.shops.example', 'https://berlin.shops.example'],
    ['the web view of an app', 'capacitor://localhost', 'capacitor://localhost'],
    ['a sandboxed frame', 'null', 'null'],
    ['anywhere', '*', 'https://any.example'],
  ])('of %s may ask and call where the site lists it (clients/10-origins)', async (_what, listed, origin) => {
    await gateway.reload((demo) => {
      demo.tenants[0].sites[0].origins = [listed];
    });
    expect((await preflight(origin, '/api/v1/chat/stream')).status).toBe(204);
    const { status, headers } = await send('GET', `${chat()}/history?${query()}`, { headers: { origin } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    await gateway.reload();
  });

  it('may fetch its images, and no other page may', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(visitor)) form.set(name, value);
    form.set('image', new Blob([pixel], { type: 'image/png' }), 'pixel.png');
    const { body } = await send('POST', `${chat()}/upload-image`, { raw: form });
    const fetched = async (origin: string) => {
      const { status, headers } = await send('GET', body.url, { headers: { origin } });
      return [status, headers.get('access-control-allow-origin'), headers.get('vary')];
    };
    expect(await fetched(shop)).toEqual([200, shop, 'Origin']);
    expect(await fetched('https://evil.example')).toEqual([200, null, 'Origin']);
  });

  it('may send what its tools add to every request (clients/09-preflight-headers)', async () => {
    const asked =
      'authorization,baggage,cache-control,content-type,last-event-id,sentry-trace,traceparent,x-datadog-origin';
    const { status, headers } = await send('OPTIONS', `${gateway.url}/api/v1/chat/stream`, {
      headers: { origin: shop, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
    });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-headers')).toBe(asked);
    expect(headers.get('vary')).toContain('Access-Control-Request-Headers');
  });

  it('of another site may not use this one', async () => {
    const { status } = await send('GET', `${chat()}/history?${query()}`, {
      headers: { origin: 'https://other.example' },
    });
    expect(status).toBe(403);
  });

  it('that is not known leaves an answer that no cache may give to one that is', async () => {
    const { headers } = await send('GET', `${chat()}/history?${query()}`);
    expect(headers.get('vary')).toContain('Origin');
  });
});
