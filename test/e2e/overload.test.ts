import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, type OpenStream, openStream, send } from '../support/client.ts';
import { ask, openConnection, type RawConnection, toBytes } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { createScriptedBackend, type ScriptedReply } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const headers = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };
const visitor = { site_key: 'sk_demo', session_id: 'sess_a', message: 'Hello' };

let gateway: TestGateway;
const opened: { close(): void }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) one.close();
  await gateway.close();
});

/** The demo within bounds, with replies that a test gives. */
async function start(limits: object, options: TestGatewayOptions = {}) {
  const script = createScriptedBackend();
  gateway = await runGateway({
    ...options,
    backends: { shop: script.backend },
    configure(demo) {
      demo.limits = limits;
      demo.tenants[0].keys[0].limits = {};
      options.configure?.(demo);
    },
  });
  return script;
}

function trusting(demo: any): void {
  demo.listen.trustProxy = ['loopback'];
  // The demo's own secrets are for no gateway behind a proxy.
  demo.tenants[0].keys[0].sha256 = createHash('sha256').update('proxied').digest('hex');
  demo.tenants[0].sites = [];
  delete demo.admin;
}

const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
const askAgent = (stream = false) => send('POST', agent(), { headers, json: { message: 'Hello', stream } });
const askWidget = () => send('POST', `${gateway.url}/api/v1/chat/stream`, { json: visitor });
const shed = (reason: string) => readMetric(gateway.url, 'dragoman_shed_total', { reason });
const say = (reply: ScriptedReply, text = 'Hi'): void => {
  reply.say({ type: 'text-delta', text });
  reply.end();
};

async function connect(url = gateway.url): Promise<RawConnection> {
  const connection = await openConnection(url);
  opened.push(connection);
  return connection;
}

async function newChat(): Promise<string> {
  return (await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'ann' } })).body.id;
}

async function follow(chat: string): Promise<OpenStream> {
  const stream = await openStream(`${gateway.url}/v1/chats/${chat}/events`, { headers });
  opened.push({ close: () => stream.leave() });
  return stream;
}

describe('more calls than a process takes on', () => {
  it('are refused in the dialect, and the others go on', async () => {
    const script = await start({ calls: 2 });
    const asked = [askAgent(), askAgent()];
    const replies = [await script.next(), await script.next()];
    const refused = await askAgent();
    expect(refused).toMatchObject({ status: 503, body: { error: { name: 'ApplicationError' } } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await askWidget()).status).toBe(503);
    for (const page of ['/healthz', '/readyz']) expect((await send('GET', gateway.url + page)).status).toBe(200);
    expect((await send('GET', `${gateway.url}/metrics`)).status).toBe(503);
    for (const reply of replies) say(reply);
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
    const last = askAgent();
    say(await script.next());
    expect((await last).status).toBe(200);
    expect(await shed('calls')).toBe(3);
    const told = gateway.logged.filter(({ reason }) => reason === 'calls');
    expect(told).toHaveLength(1);
  });

  it('are refused first to whom nobody knows', async () => {
    const script = await start({ calls: 4 });
    const asked = Array.from({ length: 3 }, () => askAgent());
    const replies = [await script.next(), await script.next(), await script.next()];
    const refused = await askWidget();
    expect(refused.status).toBe(503);
    expect((await send('POST', agent(), { headers: { authorization: 'Bearer nobody' }, json: {} })).status).toBe(503);
    const fourth = askAgent();
    replies.push(await script.next());
    for (const reply of replies) say(reply);
    expect((await Promise.all([...asked, fourth])).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('are those whose answers nobody reads, too', async () => {
    const script = await start({ calls: 1 });
    const connection = await connect();
    connection.socket.pause();
    const body = JSON.stringify({ message: 'Hello' });
    connection.send(
      toBytes({ method: 'POST', target: '/v1/api/chat/support-agent', headers, body }).toString().repeat(40),
    );
    const answerAll = async () => {
      for (;;) say(await script.next(), 'x'.repeat(900_000));
    };
    void answerAll();
    let before = -1;
    while (script.asked.length > before) {
      before = script.asked.length;
      for (let times = 0; times < 30; times += 1) await send('GET', `${gateway.url}/healthz`);
    }
    expect(before).toBeLessThan(40);
    expect((await askAgent()).status).toBe(503);
    connection.close();
    await expect.poll(async () => (await askAgent()).status).toBe(200);
  });

  it('are not streams, which may stay, and have a bound of their own', async () => {
    const script = await start({ calls: 2, followers: 5 });
    const streams = [];
    const replies = [];
    for (let at = 0; at < 5; at += 1) {
      const asked = openStream(agent(), { headers, json: { message: 'Hello', stream: true } });
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'Hi' });
      replies.push(reply);
      streams.push(await asked);
    }
    expect(await askAgent(true)).toMatchObject({ status: 503 });
    const whole = askAgent();
    say(await script.next());
    expect((await whole).status).toBe(200);
    for (const reply of replies) reply.end();
    for (const stream of streams) expect(dataOf(await stream.rest()).at(-1)).toBe('[DONE]');
    const next = askAgent(true);
    say(await script.next());
    expect((await next).status).toBe(200);
    expect(await shed('followers')).toBe(1);
  });

  it('are turns over sockets, which are told so in a frame', async () => {
    const script = await start({ calls: 1 });
    const socket = openSocket(
      `${gateway.webSocketUrl}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${await newChat()}`,
    );
    opened.push({ close: () => void socket.close() });
    await socket.until('connection_established');
    const asked = askAgent();
    const reply = await script.next();
    socket.send(JSON.stringify({ type: 'message', content: 'Hello' }));
    await socket.until('error');
    say(reply);
    await asked;
    expect(await shed('calls')).toBe(1);
  });
});

describe('more followers than may', () => {
  it('of one conversation are refused with 429, and its others go on', async () => {
    await start({ followersPerConversation: 2 });
    const chat = await newChat();
    const first = await follow(chat);
    await follow(chat);
    const refused = await send('GET', `${gateway.url}/v1/chats/${chat}/events`, { headers });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${chat}`);
    await socket.until('error');
    expect((await follow(await newChat())).status).toBe(200);
    first.leave();
    await expect.poll(async () => (await follow(chat)).status).toBe(200);
    expect(await shed('conversation')).toBeGreaterThanOrEqual(2);
  });

  it('of one reply are refused with 429', async () => {
    const script = await start({ followersPerConversation: 2 });
    const again = () =>
      send('POST', agent(), { headers: { ...headers, 'idempotency-key': 'once' }, json: { message: 'Hello' } });
    const asked = again();
    const reply = await script.next();
    const joined = again();
    await expect.poll(async () => (await again()).status).toBe(429);
    say(reply);
    expect((await asked).status).toBe(200);
    expect((await joined).status).toBe(200);
  });
});

describe('more connections than a process has open', () => {
  const health = { method: 'GET', target: '/healthz', headers: {} };
  const models = { method: 'GET', target: '/v1/models', headers };

  it.each([
    ['all', 'connections', { connections: 3 }],
    ['an address', 'address', { connectionsPerAddress: 3 }],
  ])('of %s may ask how it is, and nothing else', async (_whose, reason, limits) => {
    await start(limits);
    const held = [await connect(), await connect(), await connect()];
    expect(await ask(gateway.url, health)).toMatchObject({ status: 200 });
    const refused = await ask(gateway.url, models);
    expect(refused).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const [first] = held;
    first?.send(toBytes(models));
    expect((await first?.answer())?.status).toBe(200);
    first?.close();
    await expect.poll(async () => (await ask(gateway.url, models)).status).toBe(200);
    for (const connection of held) connection.close();
    await expect.poll(() => shed(reason)).toBeGreaterThanOrEqual(2);
  });

  it('of a trusted proxy are those of many', async () => {
    await start({ connectionsPerAddress: 1 }, { configure: trusting });
    for (let at = 0; at < 5; at += 1) {
      const connection = await connect();
      connection.send(toBytes({ ...models, headers: { authorization: 'Bearer proxied' } }));
      expect((await connection.answer())?.status).toBe(200);
    }
  });
});

describe('metrics that nobody reads', () => {
  it('are one page for many', async () => {
    await start({});
    const askers = await Promise.all(Array.from({ length: 60 }, () => connect()));
    for (const { socket, send: ask } of askers) {
      socket.pause();
      ask(toBytes({ method: 'GET', target: '/metrics', headers: {} }));
    }
    for (const asker of askers) {
      asker.socket.resume();
      expect((await asker.answer())?.body).toContain('dragoman_requests_total');
    }
  });
});
