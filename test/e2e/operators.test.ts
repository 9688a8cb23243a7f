import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const nobody = '00000000-0000-4000-8000-000000000000';

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;

beforeAll(async () => {
  script = createScriptedBackend();
  gateway = await runGateway({
    backends: { shop: script.backend },
    configure: (demo) => {
      const [first] = demo.tenants;
      const agent = { ...first.agents[0], id: nobody };
      const keys = [{ name: 'other', sha256: hash('sha256', 'other-key') }];
      const sites = [{ key: 'sk_other', origins: ['https://other.example'] }];
      demo.tenants.push({ id: 'other', name: 'Other', keys, sites, agents: [agent] });
      const token = (name: string, tenants: string[]) => ({ name, sha256: hash('sha256', name), tenants });
      demo.admin.tokens.push(token('first-only', [tenant]), token('other-only', ['other']));
    },
  });
});
afterAll(() => gateway.close());

const admin = (token: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  send(method, `${gateway.url}/admin/v1${path}`, { headers: { authorization: `Bearer ${token}` }, json });

async function createChat(key: string, user: string): Promise<string> {
  const headers = { 'x-api-key': key };
  return (await send('POST', `${gateway.url}/api/v1/chats`, { headers, json: { user_id: user } })).body.id;
}

describe('an operator’s token', () => {
  it('is asked for, in words that a program understands', async () => {
    const refused = { status: 401, body: { error: { code: 'unauthenticated', message: expect.any(String) } } };
    const url = `${gateway.url}/admin/v1/tenants/${tenant}/conversations`;
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic demo-admin', 'demo-admin', 'Bearer demo-key']) {
      expect(await send('GET', url, { headers: { authorization } })).toMatchObject(refused);
    }
    expect(await send('GET', url, { headers: { 'x-api-key': 'demo-admin' } })).toMatchObject(refused);
  });

  it('opens no tenant’s door', async () => {
    const headers = { authorization: 'Bearer demo-admin', 'x-api-key': 'demo-admin' };
    expect((await send('POST', `${gateway.url}/v1/chats`, { headers, json: {} })).status).toBe(401);
  });

  it('reaches the tenants that it names, and of others does not even tell that they exist', async () => {
    const id = await createChat('other-key', 'ann');
    const reached = [
      ['GET', `/tenants/other/conversations`],
      ['GET', `/conversations/${id}`],
      ['GET', `/conversations/${id}/messages`],
      ['POST', `/conversations/${id}/messages`, { text: 'Hello' }],
      ['PATCH', `/conversations/${id}`, { mode: 'operator' }],
      ['POST', '/sites/sk_other/sessions/s/nudges', { text: 'Hello' }],
      ['GET', '/sites/sk_other/sessions/s'],
    ] as const;
    for (const [method, path, json] of reached) {
      const foreign = await admin('first-only', method, path, json);
      expect([path, foreign.status, foreign.body.error?.code]).toEqual([path, 404, 'not-found']);
      expect([path, (await admin('other-only', method, path, json)).status < 300]).toEqual([path, true]);
      expect([path, (await admin('demo-admin', method, path, json)).status < 300]).toEqual([path, true]);
    }
    const unknown = await admin('first-only', 'GET', `/conversations/${nobody}`);
    expect((await admin('first-only', 'GET', `/conversations/${id}`)).body).toEqual(unknown.body);
  });
});

describe('the operators’ API', () => {
  it('lists a tenant’s conversations a page at a time, in either order', async () => {
    const { body: first } = await admin('demo-admin', 'GET', `/tenants/${tenant}/conversations`);
    const before = Number(first.total);
    const ids: string[] = [];
    for (const user of ['one', 'two', 'three']) {
      const start = Date.now();
      ids.push(await createChat('demo-key', user));
      while (Date.now() === start); // conversations of one millisecond have no order of their own
    }
    const list = async (query: string) =>
      (await admin('demo-admin', 'GET', `/tenants/${tenant}/conversations${query}`)).body;
    const newest = await list('?order=desc&limit=2');
    expect(newest).toMatchObject({ total: before + 3, offset: 0, limit: 2 });
    expect(newest.entries.map(({ id }: any) => id)).toEqual([ids[2], ids[1]]);
    const oldest = await list(`?offset=${before}`);
    expect(oldest).toMatchObject({ total: before + 3, offset: before, limit: 50 });
    expect(oldest.entries.map(({ id }: any) => id)).toEqual(ids);
    expect(oldest.entries[0]).toMatchObject({
      tenantId: tenant,
      participant: { userId: 'one' },
      mode: 'ai',
      blocked: false,
    });
  });

  it('shows a transcript with everything that was said, by whom', async () => {
    const id = await createChat('demo-key', 'jane');
    const asked = send('POST', `${gateway.url}/v1/api/chat/support-agent`, {
      headers: { authorization: 'Bearer demo-key' },
      json: { message: 'Hello', conversationId: id },
    });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi' });
    reply.end();
    await asked;
    const written = await admin('demo-admin', 'POST', `/conversations/${id}/messages`, {
      text: 'Jane here',
      author: 'jane',
    });
    expect(written).toMatchObject({ status: 201, body: { role: 'operator', text: 'Jane here', sequence: 3 } });
    await admin('demo-admin', 'POST', `/conversations/${id}/messages`, { text: 'And me' });

    const { status, body } = await admin('demo-admin', 'GET', `/conversations/${id}/messages`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 4, offset: 0, limit: 50 });
    expect(body.entries.map(({ role, text, author }: any) => [role, text, author?.userId])).toEqual([
      ['visitor', 'Hello', undefined],
      ['assistant', 'Hi', undefined],
      ['operator', 'Jane here', 'jane'],
      ['operator', 'And me', 'operator'],
    ]);
    const last = (await admin('demo-admin', 'GET', `/conversations/${id}/messages?order=desc&limit=1&offset=1`)).body;
    expect(last).toMatchObject({ total: 4, offset: 1, limit: 1, entries: [{ text: 'Jane here' }] });
    expect((await admin('demo-admin', 'GET', `/conversations/${id}`)).body).toMatchObject({ messageCount: 4 });
  });

  it('changes what is asked and nothing else; a visitor’s next word reopens what was closed', async () => {
    const id = await createChat('demo-key', 'jane');
    const change = async (json: unknown) => (await admin('demo-admin', 'PATCH', `/conversations/${id}`, json)).body;
    expect(await change({ mode: 'operator' })).toMatchObject({ mode: 'operator', blocked: false, status: 'active' });
    expect(await change({ blocked: true })).toMatchObject({ mode: 'operator', blocked: true, status: 'active' });
    expect(await change({ blocked: false, status: 'closed' })).toMatchObject({
      mode: 'operator',
      blocked: false,
      status: 'closed',
    });
    const headers = { 'x-api-key': 'demo-key' };
    const seen = async () => (await send('GET', `${gateway.url}/api/v1/chats/${id}`, { headers })).body.status;
    expect(await seen()).toBe('closed');
    await send('POST', `${gateway.url}/v1/chats/${id}/messages`, {
      headers,
      json: { message: 'Hello?', currentUrl: '' },
    });
    expect(await seen()).toBe('active');
  });

  it('finds a session by its site and its name, whatever the name holds', async () => {
    const session = 'sess/ü 1?';
    const path = `/sites/sk_demo/sessions/${encodeURIComponent(session)}`;
    expect((await admin('demo-admin', 'GET', path)).status).toBe(404);
    const nudge = await admin('demo-admin', 'POST', `${path}/nudges`, { text: 'Need help?' });
    expect(nudge).toMatchObject({ status: 201, body: { id: 1, text: 'Need help?' } });
    const found = await admin('demo-admin', 'GET', path);
    expect(found).toMatchObject({ status: 200, body: { site: 'sk_demo', participant: { sessionId: session } } });
    expect((await admin('demo-admin', 'GET', '/sites/sk_unknown/sessions/s')).status).toBe(404);
  });

  it.each([
    ['GET', '/nothing', undefined, 404, 'not-found'],
    ['GET', '', undefined, 404, 'not-found'],
    ['PUT', `/conversations/${nobody}`, undefined, 405, 'method-not-allowed'],
    ['GET', `/tenants/nobody/conversations?limit=0`, undefined, 422, 'invalid-request'],
    ['PATCH', `/conversations/${nobody}`, {}, 422, 'invalid-request'],
    ['PATCH', `/conversations/${nobody}`, { mode: 'robot' }, 422, 'invalid-request'],
    ['PATCH', `/conversations/${nobody}`, { mode: 'ai' }, 404, 'not-found'],
    ['POST', `/conversations/${nobody}/messages`, { text: 'x' }, 404, 'not-found'],
  ] as const)('answers %s %s with its own kind of error', async (method, path, json, status, code) => {
    const answer = await admin('demo-admin', method, path, json);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});
