import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const headers = { 'x-api-key': 'demo-key' };
const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const nobody = '00000000-0000-4000-8000-000000000000';

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
let users = 0;

beforeAll(async () => {
  script = createScriptedBackend();
  gateway = await runGateway({
    backends: { shop: script.backend },
    configure: (demo) => {
      const [first] = demo.tenants;
      first.keys[0].limits = {};
      const key = { name: 'other', sha256: hash('sha256', 'other-key') };
      const agent = { ...first.agents[0], id: nobody };
      demo.tenants.push({ id: 'other', name: 'Other', keys: [key], agents: [agent] });
    },
  });
});
afterAll(() => gateway.close());

const chats = () => `${gateway.url}/api/v1/chats`;
const newUser = () => `user ${(users += 1)}/ä`;
const get = (path: string) => send('GET', `${chats()}${path}`, { headers });
const create = async (json: unknown) => (await send('POST', `${chats()}/`, { headers, json })).body;
const listOf = (user: string, query = '') => get(`/user/${encodeURIComponent(user)}${query}`);
const socketOn = (chat: string, user: string) =>
  openSocket(
    `${gateway.webSocketUrl}/ws/chat?${new URLSearchParams({ api_key: 'demo-key', user_id: user, chat_id: chat }).toString()}`,
  );

/** Says something over a socket and has it answered, turn by turn. */
async function converse(chat: string, user: string, turns: readonly (readonly [string, string])[]): Promise<void> {
  const socket = socketOn(chat, user);
  await socket.until('connection_established');
  for (const [content, answer] of turns) {
    socket.send({ content, metadata: { user_agent: 'test' } });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: answer });
    reply.end();
    await socket.until('message_stream_ended');
  }
  await socket.close();
  await expect.poll(async () => (await send('GET', `${gateway.url}/metrics`)).body).toMatch(/open_streams\{[^}]*\} 0/);
}

describe('creating a chat', () => {
  it.each(['/', ''])('answers 201 at once, with the path ending in "%s"', async (ending) => {
    const metadata = { department: 'technical', priority: 'high' };
    const json = { user_id: 'user123', title: 'Support Session', metadata };
    const { status, body } = await send('POST', `${chats()}${ending}`, { headers, json });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(uuid),
      user_id: 'user123',
      tenant_id: tenant,
      title: 'Support Session',
      config: { metadata },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/),
      updated_at: body.created_at,
      last_message_at: null,
    });
  });

  it.each([[{}], [{ title: null, metadata: null }], [{ title: '' }]])('makes up what %j leaves out', async (rest) => {
    const body = await create({ user_id: newUser(), ...rest });
    expect(body.title).toMatch(/\w/);
    expect(body.config).toEqual({ metadata: {} });
  });
});

describe('the chats of a user', () => {
  it('come newest first, or oldest first, a page at a time', async () => {
    const user = newUser();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const before = Date.now();
      ids.push((await create({ user_id: user, title: `${index}` })).id);
      while (Date.now() === before); // chats of one millisecond have no order of their own
    }
    const newest = (await listOf(user)).body;
    expect(newest).toMatchObject({ total: 5, offset: 0, limit: 50, has_more: false });
    expect(newest.chats.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
    expect(newest.chats[0]).toMatchObject({ title: '4', message_count: 0, last_message_at: null, user_id: user });
    expect(newest.chats[0]).not.toHaveProperty('status');

    const middle = (await listOf(user, '?offset=1&limit=2&order=asc')).body;
    expect(middle).toMatchObject({ total: 5, offset: 1, limit: 2, has_more: true });
    expect(middle.chats.map(({ id }: { id: string }) => id)).toEqual(ids.slice(1, 3));

    const last = (await listOf(user, '?offset=3&limit=2&order=asc')).body;
    expect(last).toMatchObject({ has_more: false });
    expect(last.chats.map(({ id }: { id: string }) => id)).toEqual(ids.slice(3));

    const beyond = (await listOf(user, '?offset=9')).body;
    expect(beyond).toMatchObject({ chats: [], total: 5, offset: 9, has_more: false });
  });

  it('are no one else’s', async () => {
    const [one, other] = [newUser(), newUser()];
    const { id } = await create({ user_id: one });
    await create({ user_id: other });
    expect((await listOf(one)).body.chats.map((chat: { id: string }) => chat.id)).toEqual([id]);
  });

  it('are 404 for a user that nobody knows, and for one whose last chat was deleted', async () => {
    expect(await listOf(newUser())).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
    const user = newUser();
    const { id } = await create({ user_id: user });
    await send('DELETE', `${chats()}/${id}`, { headers });
    expect((await listOf(user)).status).toBe(404);
  });

  it('are found for a user whose id is a word of the API, or looks like a chat’s id', async () => {
    for (const user of ['user', 'messages', nobody]) {
      await create({ user_id: user });
      expect(await listOf(user)).toMatchObject({ status: 200, body: { total: 1 } });
    }
    // `/user` by itself names a chat, and there is none of that name.
    expect(await get('/user')).toMatchObject({ status: 404, body: { detail: 'Chat not found' } });
  });
});

describe('a chat', () => {
  it('tells how many messages it has, when the last one came, and its status', async () => {
    const user = newUser();
    const { id, created_at } = await create({ user_id: user });
    expect((await get(`/${id}`)).body).toMatchObject({ id, message_count: 0, status: 'active', last_message_at: null });
    await converse(id, user, [['Hello', 'Hi there']]);
    const { status, body } = await get(`/${id.toUpperCase()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, created_at, message_count: 2, status: 'active' });
    expect(Date.parse(body.last_message_at)).toBeGreaterThanOrEqual(Date.parse(created_at));
    expect((await listOf(user)).body.chats[0]).toMatchObject({ id, message_count: 2 });
  });

  it('lists its messages oldest first or newest first, a page at a time', async () => {
    const user = newUser();
    const { id } = await create({ user_id: user });
    await converse(id, user, [
      ['One', 'First'],
      ['Two', 'Second'],
    ]);
    const { body } = await get(`/${id}/messages`);
    expect(body).toMatchObject({ total: 4, offset: 0, limit: 50, has_more: false });
    expect(body.messages.map(({ content }: { content: string }) => content)).toEqual(['One', 'First', 'Two', 'Second']);
    expect(body.messages[0]).toEqual({
      id: expect.stringMatching(/^msg-[0-9a-f-]{36}$/),
      content: 'One',
      sender_role: 'user',
      media_type: null,
      media_url: null,
      created_at: expect.stringMatching(/Z$/),
      metadata: { user_agent: 'test' },
    });
    expect(body.messages[1]).toMatchObject({ sender_role: 'assistant', metadata: { model: 'scripted' } });

    const part = (await get(`/${id}/messages?offset=1&limit=2&order=desc`)).body;
    expect(part).toMatchObject({ total: 4, offset: 1, limit: 2, has_more: true });
    expect(part.messages.map(({ content }: { content: string }) => content)).toEqual(['Two', 'First']);
    expect((await get(`/${id}/messages?limit=100`)).status).toBe(200);
    expect((await get(`/${id}/messages?limit=101`)).status).toBe(400);
  });

  it('that another tenant has is not there, and neither is its user', async () => {
    const user = newUser();
    const { id } = await create({ user_id: user });
    const other = { 'x-api-key': 'other-key' };
    for (const [method, path] of [
      ['GET', `/${id}`],
      ['GET', `/${id}/messages`],
      ['DELETE', `/${id}`],
      ['GET', `/user/${encodeURIComponent(user)}`],
    ] as const) {
      expect(await send(method, `${chats()}${path}`, { headers: other })).toMatchObject({ status: 404 });
    }
    expect((await get(`/${id}`)).status).toBe(200);
  });

  it('survives a restart of the gateway', async () => {
    const user = newUser();
    const { id } = await create({ user_id: user, metadata: { kept: true } });
    await converse(id, user, [['Hello', 'Hi']]);
    gateway = await gateway.restart();
    expect((await get(`/${id}`)).body).toMatchObject({ config: { metadata: { kept: true } }, message_count: 2 });
    expect((await get(`/${id}/messages`)).body.total).toBe(2);
    expect((await listOf(user)).body.total).toBe(1);
  });
});

describe('deleting a chat', () => {
  it('answers 200 and when, and from then on it is gone from everywhere', async () => {
    const user = newUser();
    const { id } = await create({ user_id: user });
    await create({ user_id: user });
    await converse(id, user, [['Hello', 'Hi']]);
    const deletion = await send('DELETE', `${chats()}/${id}`, { headers });
    expect(deletion).toMatchObject({ status: 200, body: { success: true, message: 'Chat deleted successfully' } });
    expect(Date.now() - Date.parse(deletion.body.deleted_at)).toBeLessThan(10_000);

    const gone = { status: 404, body: { detail: 'Chat not found' } };
    expect(await get(`/${id}`)).toMatchObject(gone);
    expect(await get(`/${id}/messages`)).toMatchObject(gone);
    expect(await send('DELETE', `${chats()}/${id}`, { headers })).toMatchObject(gone);
    expect((await listOf(user)).body.total).toBe(1);
    const elsewhere = await send('POST', `${gateway.url}/v1/chats/${id}/messages`, {
      headers,
      json: { message: 'Hello', currentUrl: '' },
    });
    expect(elsewhere.status).toBe(404);
    const admin = { authorization: 'Bearer demo-admin' };
    expect((await send('GET', `${gateway.url}/admin/v1/conversations/${id}`, { headers: admin })).status).toBe(404);
    const socket = socketOn(id, user);
    expect(await socket.next()).toMatchObject({ event_type: 'error', error_code: 'CHAT_NOT_FOUND' });
    expect(await socket.closed).toMatchObject({ code: 4004 });
  });

  it('is 409 while a socket is open on it, and not before or after', async () => {
    const user = newUser();
    const { id } = await create({ user_id: user });
    const socket = socketOn(id, user);
    await socket.until('connection_established');
    const refused = await send('DELETE', `${chats()}/${id}`, { headers });
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('WebSocket') } });
    expect((await get(`/${id}`)).status).toBe(200);
    await socket.close();
    await expect.poll(async () => (await send('DELETE', `${chats()}/${id}`, { headers })).status).toBe(200);
  });
});
