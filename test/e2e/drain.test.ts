import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const key = { 'x-api-key': 'demo-key' };
const bearer = { authorization: 'Bearer demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello' };

/** Longer than any test may take: what ends in time has not waited for it. */
const long = 60_000;
const short = 50;

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions): Promise<void> {
  script = createScriptedBackend();
  gateway = await runGateway({ backends: { shop: script.backend }, ...options });
}

/** Begins to close the gateway; `closed` is the next one over the same data. */
function beginClosing(): { readonly closed: Promise<void> } {
  const restarting = gateway.restart();
  return {
    closed: restarting.then((next) => {
      gateway = next;
    }),
  };
}

async function newChat() {
  const { body } = await send('POST', `${gateway.url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } });
  const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${body.id}`);
  await socket.until('connection_established');
  return { id: body.id as string, socket };
}

async function messagesOf(id: string) {
  const { body } = await send('GET', `${gateway.url}/admin/v1/conversations/${id}/messages`, { headers: admin });
  return body.entries.map(({ role, text, status }: Record<string, string>) => [role, text, status]);
}

async function messagesOfVisitor() {
  const session = `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1`;
  return messagesOf((await send('GET', session, { headers: admin })).body.id);
}

const askWidget = (fields: object = {}) =>
  openStream(`${gateway.url}/api/v1/chat/stream`, { json: { ...visitor, ...fields } });

describe('a running reply when the gateway closes', () => {
  it('goes on to its end within the time (failure 36)', async () => {
    await start({ drainMs: long });
    const asking = askWidget();
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half, ' });
    const stream = await asking;
    const { closed } = beginClosing();
    reply.say({ type: 'text-delta', text: 'whole' });
    reply.end();
    expect(JSON.stringify(dataOf(await stream.rest()))).toContain('whole');
    await closed;
    expect(await messagesOfVisitor()).toContainEqual(['assistant', 'Half, whole', 'complete']);
  });

  it.each([
    ['', {}],
    [', also one that others may join', { message_id: 'm_1' }],
  ])('is cut off after the time, kept as interrupted, counted and logged%s', async (_which, fields) => {
    await start({ drainMs: short });
    const asking = askWidget(fields);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    const stream = await asking;
    await stream.next();
    const { logged } = gateway;
    await beginClosing().closed;
    await expect(stream.rest()).rejects.toThrow();
    expect(await messagesOfVisitor()).toContainEqual(['assistant', 'Half', 'interrupted']);
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'widget send-message', code: 'client-closed' }));
  });

  it('of a backend that does not listen is cut off all the same (failure 23)', async () => {
    const deaf: Backend = {
      name: 'deaf',
      async *answer(_turn, { replyId }) {
        yield [{ type: 'reply-start', replyId }];
        await new Promise(() => undefined);
      },
    };
    await start({ drainMs: short, backends: { shop: deaf } });
    const asking = askWidget().catch(() => undefined);
    await expect.poll(() => messagesOfVisitor().catch(() => [])).toHaveLength(1);
    const { logged } = gateway;
    await beginClosing().closed;
    await asking;
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'widget send-message', code: 'client-closed' }));
    expect(logged).not.toContainEqual(expect.objectContaining({ calls: expect.any(Number) as number }));
  });
});

describe('a socket when the gateway closes', () => {
  it('has its turn answered within the time, takes no other, and ends with 1001', async () => {
    await start({ drainMs: long });
    const { id, socket } = await newChat();
    socket.send({ content: 'Hello' });
    const reply = await script.next();
    const { closed } = beginClosing();
    socket.send({ content: 'Too late' });
    reply.say({ type: 'text-delta', text: 'Still here' });
    reply.end();
    expect((await socket.until('message_stream_ended')).at(-1)).toMatchObject({ content: 'Still here' });
    expect(await socket.closed).toMatchObject({ code: 1001 });
    await closed;
    expect(await messagesOf(id)).toEqual([
      ['visitor', 'Hello', 'complete'],
      ['assistant', 'Still here', 'complete'],
    ]);
  });

  it('is told where its turn was cut off after the time, and what was said is kept', async () => {
    await start({ drainMs: short });
    const { id, socket } = await newChat();
    socket.send({ content: 'Hello' });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    await socket.until('message_stream_token');
    const { logged } = gateway;
    await beginClosing().closed;
    expect(await socket.closed).toMatchObject({ code: 1001 });
    expect(await messagesOf(id)).toContainEqual(['assistant', 'Half', 'interrupted']);
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'tenant-chats send-message', code: 'client-closed' }));
  });

  it('with nothing to wait for ends at once', async () => {
    await start({ drainMs: long });
    const { socket } = await newChat();
    await beginClosing().closed;
    expect(await socket.closed).toMatchObject({ code: 1001 });
  });
});

describe('who follows when the gateway closes', () => {
  const follow = (id: string) => openStream(`${gateway.url}/v1/chats/${id}/events`, { headers: key });

  it('comes to its end at once where nothing is running', async () => {
    await start({ drainMs: long });
    const { id, socket } = await newChat();
    await socket.close();
    const stream = await follow(id);
    await beginClosing().closed;
    expect(await stream.rest()).toEqual([]);
  });

  it('is told the end of the reply that is running, then comes to its own', async () => {
    await start({ drainMs: long });
    const { id } = await newChat();
    const stream = await follow(id);
    const asked = send('POST', `${gateway.url}/v1/chats/${id}/messages`, {
      headers: key,
      json: { message: 'Hello', currentUrl: 'https://store.com/' },
    });
    const reply = await script.next();
    await stream.next(); // typing
    const { closed } = beginClosing();
    reply.say({ type: 'text-delta', text: 'Bye' });
    reply.end();
    expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ content: 'Bye', status: 'completed' });
    expect((await asked).status).toBe(201);
    await closed;
  });
});

describe('a connection that is kept when the gateway closes', () => {
  it('is not waited for where nothing was ever sent on it', async () => {
    await start({ drainMs: long });
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(client, 'connect');
    expect((await send('GET', `${gateway.url}/healthz`)).status).toBe(200); // by then both are accepted
    await beginClosing().closed;
    client.destroy();
  });

  it('gets an answer to the request that it is sending, which is its last, and hears that nothing is ready (failure 36)', async () => {
    await start({ drainMs: long });
    const asking = send('POST', `${gateway.url}/v1/api/chat/support-agent`, {
      headers: bearer,
      json: { message: 'Hi' },
    });
    const reply = await script.next();
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let received = '';
    client.on('data', (bytes: Buffer) => {
      received += bytes.toString();
    });
    client.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\nGET /readyz HTTP/1.1\r\nHost: gateway\r\n');
    await expect.poll(() => received).toContain('"ok"');
    const { closed } = beginClosing();
    client.write('\r\n');
    await once(client, 'end');
    client.destroy();
    expect(received).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*not ready/);
    reply.end();
    expect((await asking).headers.get('connection')).toBe('close');
    await closed;
  });
});
