import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Turn } from '../../src/canonical/index.ts';
import type { Endpoint } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { type Answer, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { openSocket } from '../support/socket.ts';

const keyed = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };
const nobodys = 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d';

let gateway: TestGateway;

const greeter: Backend = {
  name: 'greeter',
  async *answer(_turn, { replyId }) {
    yield [
      { type: 'reply-start', replyId },
      { type: 'text-delta', text: 'Hi' },
      { type: 'reply-end', finishReason: 'stop' },
    ];
  },
};

beforeAll(async () => {
  gateway = await runGateway({
    backends: { shop: greeter },
    configure: (demo) => {
      demo.tenants[0].keys[0].limits = {};
    },
  });
});
afterAll(() => gateway.close());

const chats = () => `${gateway.url}/api/v1/chats`;
const createFor = async (user: string): Promise<string> =>
  (await send('POST', `${chats()}/`, { headers: keyed, json: { user_id: user } })).body.id;
const messagesOf = async (chat: string) =>
  (await send('GET', `${chats()}/${chat}/messages`, { headers: keyed })).body.messages.map(
    ({ content }: { content: string }) => content,
  );
const socketOf = (user: string, chat: string) =>
  openSocket(
    `${gateway.webSocketUrl}/ws/chat?${new URLSearchParams({ api_key: 'demo-key', user_id: user, chat_id: chat }).toString()}`,
  );

/** Every way to say something over HTTP that names both a user and a conversation. */
const ways = dialects.flatMap((dialect) =>
  dialect.endpoints.flatMap((endpoint) =>
    endpoint.operation === 'send-message' &&
    endpoint.carries.includes('participant') &&
    endpoint.carries.includes('conversationId')
      ? [{ name: dialect.name, dialect, endpoint }]
      : [],
  ),
);

/** Says something as a client of the dialect would. */
function say(endpoint: Endpoint<'send-message'>, user: string, conversationId: string): Promise<Answer> {
  const turn: Turn = {
    text: `${user} speaks`,
    attachments: [],
    delivery: 'whole',
    participant: { userId: user },
    conversationId,
    agent: 'support-agent',
    activity: [],
  };
  const exchange = { replyId: nobodys, receivedAt: '2026-11-29T12:00:00Z' };
  const { params, headers, body } = endpoint.request.encode(turn, exchange);
  const path = (endpoint.paths[0] ?? '').replace(/:(\w+)/g, (_, name: string) => params[name] ?? '');
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return send(endpoint.method, gateway.url + path, { headers: { ...texts, ...keyed }, json: body });
}

/** What is the same of two answers that differ in ids and times alone. */
const withoutIds = ({ status, body }: Answer) => ({
  status,
  body: JSON.stringify(body)
    .replaceAll(/(conv_|chatcmpl-)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/g, 'ID')
    .replaceAll(/"created":\d+/g, '"created":0'),
});

describe('another user’s conversation', () => {
  it('can be named in some dialects', () => {
    expect(ways.map(({ name }) => name)).toEqual(expect.arrayContaining(['item-discovery', 'agent-slug', 'openai']));
  });

  it.each(ways)('is answered in $name as one that is not there is, and hears nothing', async ({ endpoint }) => {
    const chat = await createFor('alice');
    const spelled = endpoint.paths[0]?.includes(':slug') ? `conv_${chat.replaceAll('-', '')}` : chat;
    const other = `${nobodys.slice(0, -4)}${String(ways.findIndex((way) => way.endpoint === endpoint)).padStart(4, '0')}`;
    const unknown = await say(endpoint, 'bob', other);
    const anothers = await say(endpoint, 'bob', spelled);
    expect(withoutIds(anothers)).toEqual(withoutIds(unknown));
    expect(await messagesOf(chat)).toEqual([]);

    const own = await say(endpoint, 'alice', spelled);
    expect(own.status).toBe(200);
    expect(await messagesOf(chat)).toEqual(['alice speaks', 'Hi']);
    // What bob has begun under that id goes on as his.
    expect(withoutIds(await say(endpoint, 'bob', spelled))).toEqual(withoutIds(unknown));
    expect(await messagesOf(chat)).toEqual(['alice speaks', 'Hi']);
  });

  it.each(ways.filter(({ dialect }) => dialect.unknownConversations === 'begin'))(
    'has its own beginning in $name where both choose the same id at once',
    async ({ name, endpoint }) => {
      const chosen = `both of ${name}`;
      const both = [say(endpoint, 'alice', chosen), say(endpoint, 'bob', chosen)];
      for (const answer of both) expect((await answer).status).toBe(200);
      for (const user of ['alice', 'bob']) {
        const { body } = await send('GET', `${chats()}/user/${user}?limit=1`, { headers: keyed });
        expect(await messagesOf(body.chats[0].id)).toEqual([`${user} speaks`, 'Hi']);
      }
    },
  );

  it('cannot be followed or spoken in over a socket of tenant-chats', async () => {
    const chat = await createFor('alice');
    const refused = [socketOf('bob', chat), socketOf('bob', nobodys)];
    const told = await Promise.all(
      refused.map(async (socket) => ({ frame: await socket.next(), closed: await socket.closed })),
    );
    for (const { frame, closed } of told) {
      expect(frame).toMatchObject({ event_type: 'error', error_code: 'CHAT_NOT_FOUND' });
      expect(closed.code).toBe(4004);
    }
    const own = socketOf('alice', chat);
    await own.until('connection_established');
    own.send({ content: 'It is me' });
    await own.until('message_stream_ended');
    await own.close();
    expect((await messagesOf(chat))[0]).toBe('It is me');
  });
});
