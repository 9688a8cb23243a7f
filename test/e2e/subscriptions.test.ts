import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { dataOf, type OpenStream, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { runPassing } from '../support/passing.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { type ChatSocket, openSocket } from '../support/socket.ts';

const others = '9d2f6a31-0c4e-4b7a-8f15-6e3b2a1c0d9f';
const operator = { authorization: 'Bearer demo-admin' };

let gateway: TestGateway;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await gateway.close();
  for (const close of closing.splice(0)) await close();
});

/** The demo with a second key, which stays as it is, and a tenant and an agent that may go. */
function start(change?: (demo: any) => void, script = createScriptedBackend()) {
  return runGateway({
    backends: { shop: script.backend },
    configure(demo) {
      const [tenant] = demo.tenants;
      const [agent] = tenant.agents;
      tenant.keys[0].limits = {};
      tenant.keys.push({ name: 'lasting', sha256: hash('sha256', 'lasting-key'), agent: 'agent-slug' });
      const key = { name: 'theirs', sha256: hash('sha256', 'their-key') };
      demo.tenants.push({ id: others, name: 'Others', keys: [key], agents: [{ ...agent, id: others }] });
      change?.(demo);
    },
  });
}

interface Heard {
  readonly stream: OpenStream;
  readonly socket: ChatSocket;
  readonly chat: string;
}

/** Opens an event stream and a socket on a chat of its own. */
async function follow(key: string): Promise<Heard> {
  const headers = { 'x-api-key': key };
  const { body } = await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'anna' } });
  const chat: string = body.id;
  const query = new URLSearchParams({ api_key: key, user_id: 'anna', chat_id: chat }).toString();
  const stream = await openStream(`${gateway.url}/v1/chats/${chat}/events`, { headers });
  const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
  await socket.until('connection_established');
  return { stream, socket, chat };
}

/** An origin whose streams and sockets go on for ever. */
async function runLasting(): Promise<string> {
  const origin = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
  });
  const sockets = new WebSocketServer({ noServer: true });
  origin.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (far) => far.send('"hello"'));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  closing.push(() => {
    for (const far of sockets.clients) far.terminate();
    origin.closeAllConnections();
    origin.close();
  });
  const { port } = origin.address() as AddressInfo; // it listens on a port
  return `http://127.0.0.1:${port}`;
}

/** Opens a stream and a socket of the origin. */
async function followPassed(): Promise<Omit<Heard, 'chat'>> {
  const headers = { 'x-api-key': 'raw-key' };
  const stream = await openStream(`${gateway.url}/v1/chats/any/events`, { headers });
  const socket = openSocket(`${gateway.webSocketUrl}/ws/chat`, { headers });
  expect(await socket.next()).toBe('hello');
  expect((await stream.next())?.data).toBe('1');
  return { stream, socket };
}

const say = (chat: string, text: string) =>
  send('POST', `${gateway.url}/admin/v1/conversations/${chat}/messages`, { headers: operator, json: { text } });

/** By what a client can no longer be known, or no longer may. */
const changes: readonly (readonly [what: string, key: string, change: (demo: any) => void])[] = [
  ['a key that is revoked', 'demo-key', (demo) => (demo.tenants[0].keys[0].revoked = true)],
  ['a key that is removed', 'demo-key', (demo) => demo.tenants[0].keys.shift()],
  ['a secret that was rotated out', 'demo-key', (demo) => (demo.tenants[0].keys[0].sha256 = 'a'.repeat(64))],
  ['a key for other dialects', 'demo-key', (demo) => (demo.tenants[0].keys[0].dialects = ['openai'])],
  ['a tenant that is removed', 'their-key', (demo) => demo.tenants.pop()],
  [
    'a secret that is another tenant’s now',
    'their-key',
    (demo) => {
      demo.tenants[1].keys[0].sha256 = 'b'.repeat(64);
      demo.tenants[0].keys.push({ name: 'moved', sha256: hash('sha256', 'their-key') });
    },
  ],
  [
    'an agent that is removed',
    'demo-key',
    (demo) => {
      demo.tenants[0].agents.shift();
      demo.tenants[0].keys[0].agent = 'agent-slug';
      demo.tenants[0].sites[0].agent = 'agent-slug';
    },
  ],
];

describe('who may not hear any more', () => {
  it.each(changes)('is cut off by %s, within 5 s and in its dialect; others are not', async (_what, key, change) => {
    gateway = await start();
    const [gone, lasting] = [await follow(key), await follow('lasting-key')];
    expect((await gateway.reload(change)).outcome).toBe('applied');
    const reloadedAt = Date.now();
    const [told, frames, closed] = await Promise.all([
      gone.stream.rest(),
      gone.socket.until('error'),
      gone.socket.closed,
    ]);
    expect(Date.now() - reloadedAt).toBeLessThan(5_000);
    expect(dataOf(told).at(-1)).toMatchObject({ status: 'failed' });
    expect(frames.at(-1)).toMatchObject({ error_code: 'AUTHENTICATION_FAILED' });
    expect(closed.code).toBe(4001);

    await say(lasting.chat, 'Still there?');
    expect(JSON.stringify(await lasting.socket.until('message_stream_ended'))).toContain('Still there?');
    const still = await lasting.stream.until(({ data }) => data.includes('Still there?'));
    expect(still.at(-1)?.data).toContain('Still there?');
    await lasting.socket.close();
    lasting.stream.leave();
  });

  it('is cut off from what is passed through', async () => {
    gateway = await runPassing({ url: await runLasting() });
    const { stream, socket } = await followPassed();
    await gateway.reload((demo) => (demo.tenants[0].keys.at(-1).revoked = true));
    const reloadedAt = Date.now();
    expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ status: 'failed' });
    expect((await socket.closed).code).toBe(4001);
    expect(Date.now() - reloadedAt).toBeLessThan(5_000);
  });
});

describe('a stream of the greatest age', () => {
  it('ends after what is under way, and goes on where it was', async () => {
    const script = createScriptedBackend();
    gateway = await start((demo) => (demo.streams = { maxAge: '1s' }), script);
    const { stream, socket, chat } = await follow('demo-key');
    socket.send({ content: 'Tell me all' });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'All ' });
    const first = await stream.until(({ data }) => data.includes('All'));
    // Old enough by now, and still told the rest.
    await expect.poll(() => socketOfAge(), { timeout: 20_000 }).toBe(1_001);
    reply.say({ type: 'text-delta', text: 'of it' });
    reply.end();
    const frames = await socket.until('message_stream_ended');
    expect(JSON.stringify(frames)).toContain('of it');
    expect((await socket.closed).code).toBe(1_001);
    const rest = await stream.rest();
    expect(dataOf(rest).filter(({ status }) => status === 'failed')).toEqual([]);
    expect(JSON.stringify(dataOf(rest))).toContain('All of it');

    await say(chat, 'Meanwhile');
    const after = [...first, ...rest].findLast(({ id }) => id !== undefined)?.id ?? '';
    const again = await openStream(`${gateway.url}/v1/chats/${chat}/events`, {
      headers: { 'x-api-key': 'demo-key', 'last-event-id': after },
    });
    const missed = await again.until(({ data }) => data.includes('Meanwhile'));
    expect(missed.filter(({ data }) => data.includes('All of it'))).toEqual([]);
    again.leave();
  });

  it('is broken off where it is passed through, a socket closed with 1001', async () => {
    gateway = await runPassing({ url: await runLasting() }, { more: (demo) => (demo.streams = { maxAge: '1s' }) });
    const { stream, socket } = await followPassed();
    await expect(stream.rest()).rejects.toThrow();
    expect((await socket.closed).code).toBe(1001);
  });

  /** The close code of a quiet socket that is opened now. */
  async function socketOfAge(): Promise<number> {
    const { socket, stream } = await follow('demo-key');
    const { code } = await socket.closed;
    await stream.rest();
    return code;
  }
});
