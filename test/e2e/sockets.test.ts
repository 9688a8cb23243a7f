import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket, type SocketOptions } from '../support/socket.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // by the line above

const headers = { 'x-api-key': 'demo-key' };
const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
let chat: string;

async function start(configure: (demo: any) => void = () => undefined): Promise<void> {
  script = createScriptedBackend();
  gateway = await runGateway({
    backends: { shop: script.backend },
    configure: (demo) => {
      demo.tenants[0].keys[0].limits = {};
      configure(demo);
    },
  });
  chat = (await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'ann' } })).body.id;
}

beforeEach(() => start());
afterEach(() => gateway.close());

const address = (query: Record<string, string>) =>
  `${gateway.webSocketUrl}/ws/chat?${new URLSearchParams(query).toString()}`;
const join = (options: SocketOptions = {}, query: Record<string, string> = {}) =>
  openSocket(address({ api_key: 'demo-key', user_id: 'ann', chat_id: chat, ...query }), options);
async function joined(options: SocketOptions = {}, query: Record<string, string> = {}) {
  const socket = join(options, query);
  await socket.until('connection_established');
  return socket;
}
const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
const kinds = (frames: readonly { event_type: string }[]) => frames.map((frame) => frame.event_type);
const openStreams = () => readMetric(gateway.url, 'dragoman_open_streams');
const turnsCounted = () => readMetric(gateway.url, 'dragoman_requests_total', { operation: 'send-message' });

/** What this process holds, gateway and test together, after collecting garbage. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function messagesOf(id = chat) {
  const { body } = await send('GET', `${gateway.url}/api/v1/chats/${id}/messages`, { headers });
  return body.messages.map(({ sender_role, content }: Record<string, string>) => [sender_role, content]);
}

async function answerNext(text: string): Promise<void> {
  const reply = await script.next();
  reply.say({ type: 'text-delta', text });
  reply.end();
}

describe('connecting', () => {
  it('works with the credentials in the query, and in headers', async () => {
    const established = { event_type: 'connection_established', user_id: 'ann', chat_id: chat, tenant_id: tenant };
    const byQuery = join();
    expect(await byQuery.next()).toEqual({ ...established, timestamp: expect.stringMatching(/Z$/) });
    const byHeaders = openSocket(`${gateway.webSocketUrl}/ws/chat`, {
      headers: { 'X-API-Key': 'demo-key', 'X-User-ID': 'ann', 'X-Chat-ID': chat.toUpperCase() },
    });
    expect(await byHeaders.next()).toMatchObject(established);
  });

  it('tells of a new user once', async () => {
    const asking = send('POST', `${gateway.url}/v1/chat`, {
      headers: { authorization: 'Bearer demo-key' },
      json: { message: 'Hi' },
    });
    await answerNext('Hi');
    const nobodys = { chat_id: (await asking).body.conversation_id, user_id: 'bob' };
    const [first, second] = [await joined({}, nobodys), await joined({}, nobodys)];
    expect(await first.next()).toMatchObject({ event_type: 'user_created', user_id: 'bob' });
    const known = await joined({}, nobodys);
    for (const socket of [second, known]) {
      socket.send({ content: 'Hello' });
      expect(await socket.next()).toMatchObject({ event_type: 'message_received' });
      await answerNext('Hi');
      await socket.until('message_stream_ended');
      if (socket === second) await known.until('message_stream_ended').catch(() => undefined);
    }
  });

  it.each([
    ['a bad key', { api_key: 'wrong' }, 'AUTHENTICATION_FAILED', 4001],
    ['no key', { api_key: '' }, 'AUTHENTICATION_FAILED', 4001],
    ['an unknown chat', { chat_id: '00000000-0000-4000-8000-000000000000' }, 'CHAT_NOT_FOUND', 4004],
    ['an id that is no id', { chat_id: 'x' }, 'CHAT_NOT_FOUND', 4004],
    ['no chat', { chat_id: '' }, 'INVALID_MESSAGE', 1008],
    ['no user', { user_id: '' }, 'INVALID_MESSAGE', 1008],
  ])('with %s gets an error frame, then a close code', async (_what, query, code, closeCode) => {
    const socket = join({}, query);
    expect(await socket.next()).toMatchObject({
      event_type: 'error',
      error_code: code,
      code,
      message: expect.any(String),
    });
    expect(await socket.closed).toMatchObject({ code: closeCode });
    expect(await socket.next()).toBeUndefined();
  });

  it('to a path that is no socket is answered 404', async () => {
    for (const path of ['/', '/ws', '/ws/chat/', '/ws/other', '/api/v1/other', '//', '/%']) {
      const client = openSocket(`${gateway.webSocketUrl}${path}`).client;
      const [, response] = await once(client, 'unexpected-response');
      expect(response.statusCode).toBe(404);
    }
  });

  it('to a path that is no socket, and gone at once, does no harm', async () => {
    const { port } = new URL(gateway.url);
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', () =>
        socket.resetAndDestroy(),
      );
      await once(socket, 'close');
    }
    expect((await send('GET', `${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe('a turn', () => {
  it('comes as received, started, tokens, ended with the full text', async () => {
    const socket = await joined();
    socket.send({ content: 'Hello', metadata: { user_agent: 'test' } });
    const reply = await script.next();
    expect(reply.turn).toMatchObject({ text: 'Hello', participant: { userId: 'ann' }, extra: { user_agent: 'test' } });
    reply.say({ type: 'typing' });
    reply.say({ type: 'text-delta', text: 'Hi ' });
    reply.say({ type: 'text-delta', text: 'there\n👋' });
    reply.end();
    const frames = await socket.until('message_stream_ended');
    // What is said quickly may come in fewer pieces.
    const tokens = frames.filter(({ event_type }) => event_type === 'message_stream_token');
    expect(kinds(frames)).toEqual([
      'message_received',
      'message_stream_started',
      ...kinds(tokens),
      'message_stream_ended',
    ]);
    const [received, started] = frames;
    const ended = frames.at(-1);
    expect(received).toMatchObject({ chat_id: chat, user_id: 'ann', content: 'Hello' });
    expect(tokens.map(({ token }) => token).join('')).toBe('Hi there\n👋');
    for (const { token, content, message_id } of tokens) {
      expect([content, message_id]).toEqual([token, started.message_id]);
    }
    expect(ended).toMatchObject({ content: 'Hi there\n👋', message_id: started.message_id, chat_id: chat });
    expect(ended.metadata).toMatchObject({ model: 'scripted' });

    const { body } = await send('GET', `${gateway.url}/api/v1/chats/${chat}/messages`, { headers });
    expect(body.messages.map(({ id }: { id: string }) => id)).toEqual([received.message_id, ended.message_id]);
  });

  it('that was sent before the server admitted the client is not lost, and nothing comes before the greeting', async () => {
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    const { pathname, search } = new URL(address({ api_key: 'demo-key', user_id: 'ann', chat_id: chat }));
    const handshake = [
      `GET ${pathname}${search} HTTP/1.1`,
      'Host: gateway',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    ];
    // Frames in the same packet as the handshake; a mask of zeros leaves the text as it is.
    const frame = (text: string) =>
      Buffer.concat([Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    client.write(
      Buffer.concat([
        Buffer.from(`${handshake.join('\r\n')}\r\n\r\n`),
        frame('not json'),
        frame('{"content":"Early"}'),
      ]),
    );
    let received = '';
    client.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
    });
    await answerNext('Caught');
    await expect.poll(() => received).toContain('message_stream_ended');
    client.destroy();
    expect([...received.matchAll(/"event_type":"(\w+)"/g)].map(([, type]) => type)).toEqual([
      'connection_established',
      'error',
      'message_received',
      'message_stream_started',
      'message_stream_token',
      'message_stream_ended',
    ]);
  });

  it('that comes quickly after another is answered after it', async () => {
    const socket = await joined();
    socket.send({ content: 'One' });
    socket.send({ content: 'Two' });
    const first = await script.next();
    expect(first.turn.text).toBe('One');
    first.say({ type: 'text-delta', text: 'First' });
    first.end();
    await answerNext('Second');
    const frames = [...(await socket.until('message_stream_ended')), ...(await socket.until('message_stream_ended'))];
    expect(frames.filter(({ content }) => content !== undefined).map(({ content }) => content)).toEqual([
      'One',
      'First',
      'First',
      'Two',
      'Second',
      'Second',
    ]);
    expect(script.asked.map(({ turn }) => turn.text)).toEqual(['One', 'Two']);
  });

  it('is seen by every socket on the chat, and by none on another', async () => {
    const { body: other } = await send('POST', `${gateway.url}/api/v1/chats`, { headers, json: { user_id: 'ann' } });
    const elsewhere = await joined({}, { chat_id: other.id });
    const [one, two] = [await joined(), await joined()];
    one.send({ content: 'Hello' });
    await answerNext('Hi');
    const [seen, alsoSeen] = [await one.until('message_stream_ended'), await two.until('message_stream_ended')];
    // A piece of a reply has the time at which it is told, to each for itself.
    const asOne = (frames: typeof seen) =>
      frames.map((frame) => (frame.event_type === 'message_stream_token' ? { ...frame, timestamp: '' } : frame));
    expect(asOne(alsoSeen)).toEqual(asOne(seen));
    elsewhere.send({ content: 'Here' });
    expect(await elsewhere.next()).toMatchObject({ event_type: 'message_received', content: 'Here' });
  });

  it('posted through another dialect is seen by the sockets of the same conversation', async () => {
    const socket = await joined();
    const asked = send('POST', `${gateway.url}/v1/chats/${chat}/messages`, {
      headers,
      json: { message: 'From elsewhere', currentUrl: 'https://store.com/' },
    });
    await answerNext('Hi');
    const frames = await socket.until('message_stream_ended');
    expect(frames[0]).toMatchObject({ event_type: 'message_received', content: 'From elsewhere' });
    expect(frames.at(-1)).toMatchObject({ content: 'Hi' });
    const { status, body } = await asked;
    expect(status).toBe(201);
    expect(frames.at(-1).message_id).toBe(`msg-${body.id}`);
  });

  it('leaves nothing on its socket: a long conversation is as light as a short one', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => void warnings.push(name);
    process.on('warning', note);
    const socket = await joined();
    for (let turn = 0; turn < 15; turn += 1) {
      socket.send({ content: 'Hello' });
      await answerNext('Hi');
      await socket.until('message_stream_ended');
    }
    process.off('warning', note);
    expect(warnings).toEqual([]); // MaxListenersExceededWarning
  });

  it('of an operator is shown as an answer', async () => {
    const socket = await joined();
    await send('POST', `${gateway.url}/admin/v1/conversations/${chat}/messages`, {
      headers: { authorization: 'Bearer demo-admin' },
      json: { text: 'This is Jane' },
    });
    const frames = await socket.until('message_stream_ended');
    expect(kinds(frames)).toEqual(['message_stream_started', 'message_stream_token', 'message_stream_ended']);
    expect(frames[1]).toMatchObject({ token: 'This is Jane' });
  });

  it('may come in a binary frame', async () => {
    const socket = await joined();
    socket.client.send(Buffer.from(JSON.stringify({ content: 'Grüezi' })), { binary: true });
    await answerNext('Hi');
    expect((await socket.until('message_stream_ended'))[0]).toMatchObject({ content: 'Grüezi' });
  });
});

describe('a frame', () => {
  it.each([
    ['is no JSON', 'hello'],
    ['has empty content', '{"content":""}'],
    ['has no content', '{}'],
    ['is no object', '[1]'],
  ])('that %s is an error, and the socket stays open', async (_what, text) => {
    const [socket, other] = [await joined(), await joined()];
    socket.send(text);
    expect(await socket.next()).toMatchObject({ event_type: 'error', error_code: 'INVALID_MESSAGE', chat_id: chat });
    socket.send({ content: 'Hello' });
    await answerNext('Hi');
    await socket.until('message_stream_ended');
    expect(kinds(await other.until('message_stream_ended'))).not.toContain('error');
  });

  it('that asks nothing is answered with nothing, and counts as no call', async () => {
    const socket = await joined();
    for (const frame of [{ type: 'ping' }, { type: 'typing', on: true }, '', ' \n']) socket.send(frame);
    socket.send({ content: 'Hello' });
    expect(await socket.next()).toMatchObject({ event_type: 'message_received' });
    await answerNext('Hi');
    await socket.until('message_stream_ended');
    await expect.poll(turnsCounted).toBe(1);
    expect(gateway.logged.filter(({ msg }) => msg === 'tenant-chats send-message')).toHaveLength(1);
  });

  it('over 1 MiB closes the socket with 1009, and no other', async () => {
    const [socket, other] = [await joined(), await joined()];
    socket.send({ content: 'x'.repeat(30_000_000) });
    expect(await socket.closed).toMatchObject({ code: 1009 });
    other.send({ content: 'Hello' });
    await answerNext('Hi');
    await other.until('message_stream_ended');
  });

  it('of just under 1 MiB is taken', async () => {
    const socket = await joined();
    socket.send({ content: 'x'.repeat(32_768), unknown: 'x'.repeat(1_000_000) });
    await answerNext('Long');
    const [received] = await socket.until('message_stream_ended');
    expect(received.content).toHaveLength(32_768);
  });

  it('after too many that wait is not kept: the socket is closed with 1008', async () => {
    const socket = await joined();
    socket.send({ content: 'First' });
    await script.next();
    for (let index = 0; index < 200; index += 1) socket.send({ content: `${index}` });
    expect(await socket.closed).toMatchObject({ code: 1008 });
    await expect.poll(openStreams).toBe(0);
    expect(script.asked).toHaveLength(1);
  });
});

describe('limits', () => {
  it('on calls are told with RATE_LIMITED, and the socket stays open', async () => {
    await gateway.close();
    await start((demo) => {
      // Creating the chat and connecting are calls too.
      demo.tenants[0].keys[0].limits = { requests: { points: 3, seconds: 2 } };
    });
    const socket = await joined();
    socket.send({ content: 'Hello' });
    await answerNext('Hi');
    await socket.until('message_stream_ended');
    socket.send({ content: 'Again' });
    expect(await socket.next()).toMatchObject({ event_type: 'error', error_code: 'RATE_LIMITED', chat_id: chat });
    expect(script.asked).toHaveLength(1);
    expect(await readMetric(gateway.url, 'dragoman_rate_limited_total', { limit: 'principal' })).toBe(1);
    const late = join();
    expect(await late.next()).toMatchObject({ event_type: 'error', error_code: 'RATE_LIMITED' });
    expect(await late.closed).toMatchObject({ code: 1013 });
    // The same socket goes on when the time is over.
    await expect
      .poll(
        async () => {
          socket.send({ content: 'And again' });
          return (await socket.next()).event_type;
        },
        { timeout: 5_000, interval: 200 },
      )
      .toBe('message_received');
  });

  it('on open streams are told in the same way, and places are given back', async () => {
    await gateway.close();
    await start((demo) => {
      demo.tenants[0].keys[0].limits = { openStreams: 2 };
    });
    const [one] = [await joined(), await joined()];
    const third = join();
    expect(await third.next()).toMatchObject({ event_type: 'error', error_code: 'RATE_LIMITED' });
    expect(await third.closed).toMatchObject({ code: 1013 });
    await one.close();
    await expect.poll(openStreams).toBe(1);
    await joined();
  });

  it('on frames that wait hold in bytes too: the socket is closed with 1008', async () => {
    const socket = await joined();
    socket.send({ content: 'First' });
    await script.next();
    for (let index = 0; index < 5; index += 1) socket.send({ content: 'x'.repeat(1_000_000) });
    expect(await socket.closed).toMatchObject({ code: 1008 });
  });
});

describe('a failure of the backend', () => {
  it('is an error frame to all, without its cause; the sockets stay open and the next turn works', async () => {
    const [socket, other] = [await joined(), await joined()];
    socket.send({ content: 'Hello' });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    reply.fail(new Error('secret /etc/key'));
    for (const follower of [socket, other]) {
      const frames = await follower.until('error');
      expect(kinds(frames).slice(-2)).toEqual(['message_stream_token', 'error']);
      expect(frames.at(-1)).toMatchObject({ error_code: 'INTERNAL_ERROR', message_id: frames.at(-2).message_id });
      expect(JSON.stringify(frames)).not.toContain('secret');
    }
    socket.send({ content: 'Again' });
    await answerNext('Now it works');
    const next = await socket.until('message_stream_ended');
    expect(kinds(next)[0]).toBe('message_received');
    expect(next.at(-1)).toMatchObject({ content: 'Now it works' });
    expect(await messagesOf()).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Half'],
      ['user', 'Again'],
      ['assistant', 'Now it works'],
    ]);
  });

  it('before its first word is one error frame too', async () => {
    const socket = await joined();
    socket.send({ content: 'Hello' });
    (await script.next()).fail(new Error('broken'));
    await socket.until('error');
    socket.send({ content: 'Again' });
    expect(await socket.next()).toMatchObject({ event_type: 'message_received', content: 'Again' });
  });
});

describe('a client that goes', () => {
  it('stops the backend, and what was said is kept as interrupted', async () => {
    const socket = await joined();
    socket.send({ content: 'Hello' });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half of ' });
    await socket.until('message_stream_token');
    socket.client.close();
    await aborted(reply.call.signal);
    await expect.poll(messagesOf).toContainEqual(['assistant', 'Half of ']);
    const admin = { authorization: 'Bearer demo-admin' };
    const { body } = await send('GET', `${gateway.url}/admin/v1/conversations/${chat}/messages`, { headers: admin });
    expect(body.entries.at(-1)).toMatchObject({ role: 'assistant', status: 'interrupted' });
    await expect.poll(openStreams).toBe(0);
    expect(await readMetric(gateway.url, 'dragoman_requests_total', { code: 'internal' })).toBe(0);
  });

  it('without a word does too', async () => {
    const socket = await joined();
    socket.send({ content: 'Hello' });
    const reply = await script.next();
    socket.client.terminate();
    await aborted(reply.call.signal);
    await expect.poll(openStreams).toBe(0);
  });

  it('leaves the turns that it had waiting unasked', async () => {
    const socket = await joined();
    socket.send({ content: 'One' });
    socket.send({ content: 'Two' });
    const reply = await script.next();
    socket.client.terminate();
    await aborted(reply.call.signal);
    await expect.poll(openStreams).toBe(0);
    expect(script.asked).toHaveLength(1);
    expect(await messagesOf()).toEqual([['user', 'One']]);
  });

  it('at any moment leaves nothing behind (failure 26)', async () => {
    let seed = 17;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const visit = async (index: number): Promise<void> => {
      const socket = join({ first: index % 3 === 0 ? [{ content: `${index}` }] : [] });
      const moment = random(4);
      if (moment === 1) await Promise.race([once(socket.client, 'open').catch(() => undefined), socket.closed]);
      if (moment === 2) await socket.next();
      if (moment === 3) await new Promise((resolve) => setTimeout(resolve, random(20)));
      if (index % 2 === 0) socket.client.terminate();
      else socket.client.close();
      await socket.closed;
    };
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => visit(round * 20 + index)));
    }
    await expect.poll(openStreams).toBe(0);
    await expect.poll(() => script.asked.filter(({ call }) => !call.signal.aborted).length).toBe(0);
    await expect
      .poll(async () => (await send('DELETE', `${gateway.url}/api/v1/chats/${chat}`, { headers })).status)
      .toBe(200);
  });
});

describe('a quiet connection', () => {
  beforeEach(async () => {
    await gateway.close();
    await start((demo) => {
      demo.heartbeatSeconds = 1;
    });
  });

  it('is kept while the client answers pings, and ended when it does not', async () => {
    const [answering, silent] = [await joined(), await joined({ autoPong: false })];
    let pings = 0;
    answering.client.on('ping', () => {
      pings += 1;
    });
    expect(await silent.closed).toMatchObject({ code: 1006 });
    await expect.poll(() => pings, { timeout: 5_000 }).toBeGreaterThan(2);
    expect(answering.client.readyState).toBe(answering.client.OPEN);
    await expect.poll(openStreams).toBe(1);
  });
});

describe('a client that does not read (failure 30)', () => {
  it('costs no memory while others go on, and has what it missed when it reads again', async () => {
    const [slow, fast] = [await joined(), await joined()];
    slow.client.pause();
    const text = 'x'.repeat(60_000);
    const rounds = 60;
    let before = 0;
    for (let round = 0; round < rounds; round += 1) {
      if (round === 10) before = memory(); // what every gateway holds after some turns
      fast.send({ content: `${round}` });
      const reply = await script.next();
      for (let part = 0; part < 15; part += 1) reply.say({ type: 'text-delta', text });
      reply.end();
      await fast.until('message_stream_ended');
    }
    // Told twice over, 50 more replies are over 100 MB.
    expect(memory() - before).toBeLessThan(50_000_000);
    slow.client.resume();
    let last: any;
    do
      [last] = (await slow.until('message_stream_ended')).filter(({ event_type: kind }) => kind === 'message_received');
    while (last?.content !== `${rounds - 1}`);
  });
});

describe('a gateway that closes', () => {
  it('closes its sockets with 1001', async () => {
    const sockets = [await joined(), await joined()];
    const running = gateway;
    await start();
    await running.close();
    for (const socket of sockets) expect(await socket.closed).toMatchObject({ code: 1001 });
  });

  it('does not wait for ever for a client that does not answer', async () => {
    const socket = await joined();
    socket.client.pause();
    const running = gateway;
    await start();
    await running.close();
    socket.client.resume();
    await socket.closed;
  });
});
