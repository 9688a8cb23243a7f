import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { enteredOf } from '../../src/conversations/roles.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import { type Answer, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { auditEntry } from '../support/store-contract-audit.ts';

const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
let gateway: TestGateway;
afterEach(() => gateway.close());

const token = (name: string, more: object = {}) => ({ name, sha256: hash('sha256', `secret-of-${name}`), ...more });
const run = async (options: TestGatewayOptions = {}) => {
  gateway = await runGateway({
    ...options,
    configure(demo) {
      demo.admin.tokens = [
        token('vera', { role: 'viewer' }),
        token('anna', { role: 'operator' }),
        token('root'),
        token('local', { tenants: [tenant] }),
        token('elsewhere', { tenants: ['other'] }),
      ];
      const [{ agents }] = demo.tenants;
      demo.tenants.push({
        id: 'other',
        name: 'Other',
        keys: [{ name: 'other', sha256: hash('sha256', 'other-key') }],
        sites: [{ key: 'sk_other', origins: ['https://other.example'] }],
        agents: [{ ...agents[0], id: 'aaaaaaaa-0000-4000-8000-000000000001', slug: 'other-agent' }],
      });
      options.configure?.(demo);
    },
  });
};

const as = (name: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  send(method, `${gateway.url}/admin/v1/${path}`, {
    headers: { authorization: `Bearer secret-of-${name}` },
    ...(json !== undefined && { json }),
  });
const audit = async (name = 'root', query = ''): Promise<any> => (await as(name, 'GET', `audit${query}`)).body;
async function chat(key = 'demo-key'): Promise<string> {
  const headers = { 'x-api-key': key };
  return (await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'ann' } })).body.id;
}

describe('the audit', () => {
  it('says who did what, when, from where and to which conversation, and nothing that was said', async () => {
    await run();
    const id = await chat();
    const before = new Date().toISOString();
    expect((await as('anna', 'PATCH', `conversations/${id}`, { mode: 'operator', blocked: true })).status).toBe(200);
    expect((await as('root', 'POST', `conversations/${id}/messages`, { text: 'A secret word' })).status).toBe(201);
    expect((await as('anna', 'POST', 'sites/sk_demo/sessions/mine/nudges', { text: 'A secret word' })).status).toBe(
      201,
    );
    const session = (await as('anna', 'GET', 'sites/sk_demo/sessions/mine')).body;
    const entry = { address: '127.0.0.1', tenantId: tenant, id: expect.any(String), at: expect.any(String) };
    const found = await audit();
    expect(found).toEqual({
      entries: [
        { ...entry, operator: 'anna', role: 'operator', act: 'offer-nudge', conversationId: session.id },
        { ...entry, operator: 'root', role: 'admin', act: 'write-operator-message', conversationId: id },
        {
          ...entry,
          operator: 'anna',
          role: 'operator',
          act: 'change-conversation mode=operator blocked=true',
          conversationId: id,
        },
      ],
    });
    const times: string[] = found.entries.map(({ at }: { at: string }) => at);
    expect(times.every((at) => at >= before)).toBe(true);
    expect(JSON.stringify(found)).not.toContain('secret word');
  });

  it('has an entry for whatever changes something, and none for what reads', () => {
    for (const { operation, method } of adminApi.endpoints) {
      // A backup changes nothing that is a tenant's; the log has it.
      const changes = method !== 'GET' && operation !== 'make-backup';
      expect([operation, enteredOf(operation) !== undefined]).toEqual([operation, changes]);
    }
  });

  it('has none of what was refused: for want of the role, of the conversation, of a good request or of room', async () => {
    await run();
    const id = await chat();
    expect((await as('vera', 'PATCH', `conversations/${id}`, { mode: 'operator' })).status).toBe(403);
    expect((await as('elsewhere', 'PATCH', `conversations/${id}`, { mode: 'operator' })).status).toBe(404);
    expect((await as('anna', 'PATCH', 'conversations/none', { mode: 'operator' })).status).toBe(404);
    expect((await as('anna', 'PATCH', `conversations/${id}`, { mode: 'robot' })).status).toBe(422);
    expect((await as('elsewhere', 'POST', 'sites/sk_demo/sessions/mine/nudges', { text: 'x' })).status).toBe(404);
    for (let nudge = 0; nudge < 100; nudge += 1) {
      await as('anna', 'POST', 'sites/sk_demo/sessions/mine/nudges', { text: 'x' });
    }
    expect((await as('anna', 'POST', 'sites/sk_demo/sessions/mine/nudges', { text: 'x' })).status).toBe(409);
    const { entries } = await audit('root', '?limit=200');
    expect(entries).toHaveLength(100);
    expect(new Set(entries.map(({ act }: { act: string }) => act))).toEqual(new Set(['offer-nudge']));
  });

  it('is for administrators, each of their own tenants', async () => {
    await run();
    await as('anna', 'PATCH', `conversations/${await chat()}`, { mode: 'operator' });
    await as('anna', 'PATCH', `conversations/${await chat('other-key')}`, { status: 'closed' });
    for (const name of ['vera', 'anna']) expect((await as(name, 'GET', 'audit')).status).toBe(403);
    expect((await send('GET', `${gateway.url}/admin/v1/audit`)).status).toBe(401);
    const tenants = async (name: string) =>
      (await audit(name)).entries.map(({ tenantId }: { tenantId: string }) => tenantId);
    expect(await tenants('root')).toEqual(['other', tenant]);
    expect(await tenants('local')).toEqual([tenant]);
    expect(await tenants('elsewhere')).toEqual(['other']);
  });

  it('is read a part at a time', async () => {
    await run();
    const id = await chat();
    for (let turn = 0; turn < 7; turn += 1) {
      await as('anna', 'PATCH', `conversations/${id}`, { mode: turn % 2 === 0 ? 'operator' : 'ai' });
    }
    const whole = await audit();
    const parts: unknown[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const part: { entries: unknown[]; next?: string } = await audit('root', `?limit=3${after && `&after=${after}`}`);
      parts.push(...part.entries);
      after = part.next;
    }
    expect(parts).toHaveLength(7);
    expect(parts).toEqual(whole.entries);
    for (const query of ['?limit=0', '?limit=201', '?limit=x', '?after=', '?after=x', '?after=1&after=2']) {
      expect([query, (await as('root', 'GET', `audit${query}`)).status]).toEqual([query, 422]);
    }
  });

  it('outlives its conversation, and a restart', async () => {
    await run();
    const id = await chat();
    await as('anna', 'PATCH', `conversations/${id}`, { mode: 'operator' });
    const headers = { 'x-api-key': 'demo-key' };
    expect((await send('DELETE', `${gateway.url}/api/v1/chats/${id}`, { headers })).status).toBeLessThan(300);
    gateway = await gateway.restart();
    expect((await audit()).entries).toMatchObject([{ conversationId: id }]);
  });

  it('is kept as long as the configuration in force says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-audit-'));
    const store = await openEmbeddedStore({ path: join(folder, 'data') });
    await store.audit.enter(auditEntry(2 * 86_400_000, { tenantId: tenant }));
    await store.close();
    await run({ folder });
    expect((await audit()).entries).toHaveLength(1);
    await gateway.reload((demo) => {
      demo.admin.audit = { retention: '1d' };
    });
    expect((await audit()).entries).toEqual([]);
  });

  it('comes first: what cannot be entered is not done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-audit-'));
    const store = await openEmbeddedStore({ path: join(folder, 'data') });
    let isAway = false;
    const away = () => Promise.reject(new GatewayError('store-unavailable', 'The store is away'));
    const enter: typeof store.audit.enter = (entry) => (isAway ? away() : store.audit.enter(entry));
    await run({ store: { ...store, audit: { ...store.audit, enter } } });
    const id = await chat();
    isAway = true;
    expect((await as('anna', 'PATCH', `conversations/${id}`, { mode: 'operator' })).status).toBe(503);
    expect((await as('anna', 'POST', `conversations/${id}/messages`, { text: 'Hello' })).status).toBe(503);
    const nudge = 'sites/sk_demo/sessions/mine/nudges';
    expect((await as('anna', 'POST', nudge, { text: 'Hello' })).status).toBe(503);
    expect((await as('anna', 'GET', 'sites/sk_demo/sessions/mine')).status).toBe(404);
    expect(gateway.logged.filter(({ code }) => code === 'store-unavailable')).toHaveLength(3);
    expect((await as('anna', 'GET', `conversations/${id}`)).body).toMatchObject({ mode: 'ai', messageCount: 0 });
    isAway = false;
    expect((await as('anna', 'PATCH', `conversations/${id}`, { mode: 'operator' })).status).toBe(200);
    expect((await audit()).entries).toHaveLength(1);
    await rm(folder, { recursive: true, force: true });
  });

  it('names the one conversation of a session that several operators begin at once', async () => {
    await run();
    const nudges = Array.from({ length: 8 }, () =>
      as('anna', 'POST', 'sites/sk_demo/sessions/mine/nudges', { text: 'x' }),
    );
    expect((await Promise.all(nudges)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    const { id } = (await as('anna', 'GET', 'sites/sk_demo/sessions/mine')).body;
    const { entries } = await audit();
    expect(entries.map(({ conversationId }: { conversationId: string }) => conversationId)).toEqual(
      Array.from({ length: 8 }, () => id),
    );
  });

  it('names the client where a proxy is trusted, and no text that stands for one', async () => {
    await run({
      configure(demo) {
        demo.listen.trustProxy = 1;
        demo.tenants[0].keys[0].sha256 = hash('sha256', 'own-key');
        demo.tenants[0].sites[0].key = 'sk_own';
      },
    });
    const id = await chat('own-key');
    for (const address of ['2001:db8::17', '::ffff:192.0.2.7', '192.0.2.8', 'ann@shop.example']) {
      const headers = { authorization: 'Bearer secret-of-anna', 'x-forwarded-for': address };
      await send('PATCH', `${gateway.url}/admin/v1/conversations/${id}`, { headers, json: { mode: 'ai' } });
    }
    const addresses = (await audit()).entries.map(({ address }: { address: string }) => address);
    expect(addresses).toEqual(['no address', '192.0.2.8', '192.0.2.7', '2001:db8::17']);
  });
});
