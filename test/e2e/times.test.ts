import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { pngOfSize } from '../support/pictures.ts';
import { createScriptedBackend, type ScriptedReply } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const headers = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
const long = 60_000;

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions): Promise<void> {
  script = createScriptedBackend();
  gateway = await runGateway({ backends: { shop: script.backend }, ...options });
}

const totalOf = (total: string): TestGatewayOptions => ({ configure: (demo) => (demo.timeouts = { total }) });

const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
const openStreams = () => readMetric(gateway.url, 'dragoman_open_streams');

async function newSocket() {
  const { body } = await send('POST', `${gateway.url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } });
  const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${body.id}`);
  await socket.until('connection_established');
  return { chat: body.id as string, socket };
}

/** Says as much as a reply may hold, in characters that take six bytes each on the wire, and why the call was given up then. */
async function talk(reply: ScriptedReply): Promise<unknown> {
  const over = once(reply.call.signal, 'abort');
  for (let part = 0; part < 50; part += 1) reply.say({ type: 'text-delta', text: '\u0001'.repeat(20_000) });
  await over;
  return reply.call.signal.reason;
}

describe('a reply that takes longer than a reply may', () => {
  it('is answered with 504 where it was to come as a whole, and kept as failed', async () => {
    await start(totalOf('50ms'));
    const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello' };
    const asking = openStream(`${gateway.url}/api/v1/chat/stream`, { json: visitor });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    const said = dataOf(await (await asking).rest());
    expect(said.at(-1)).toMatchObject({ type: 'error' });
    expect(reply.call.signal.reason).toMatchObject({ code: 'upstream-timeout' });
    const session = `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1`;
    const { id } = (await send('GET', session, { headers: admin })).body;
    const messages = `${gateway.url}/admin/v1/conversations/${id}/messages`;
    const { entries } = (await send('GET', messages, { headers: admin })).body;
    expect(entries.at(-1)).toMatchObject({ text: 'Half', status: 'failed' });
    const whole = await send('POST', agent(), { headers, json: { message: 'Hello' } });
    expect(whole.status).toBe(504);
  });

  it('is told as broken off to a socket, which goes on', async () => {
    await start(totalOf('50ms'));
    const { socket } = await newSocket();
    socket.send({ content: 'Hello' });
    await socket.until('error');
    socket.send({ content: 'Again' });
    await socket.until('error');
    expect(script.asked.map(({ call }) => call.signal.reason)).toMatchObject([
      { code: 'upstream-timeout' },
      { code: 'upstream-timeout' },
    ]);
  });

  it('is no matter of those who follow', async () => {
    await start(totalOf('50ms'));
    const { chat } = await newSocket();
    const stream = await openStream(`${gateway.url}/v1/chats/${chat}/events`, { headers: key });
    const ask = () =>
      send('POST', `${gateway.url}/v1/chats/${chat}/messages`, {
        headers: key,
        json: { message: 'Hello', currentUrl: 'https://store.com/' },
      });
    expect((await ask()).status).toBe(504);
    expect((await ask()).status).toBe(504);
    const failures = dataOf(await stream.until(({ data }) => data.includes('"status":"failed"')));
    expect(failures.length).toBeGreaterThan(0);
    stream.leave();
  });
});

/** A client that sends what it is told to, and reads no answer. */
function askUnread(bytes: string): Socket {
  const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  client.on('error', () => undefined);
  client.write(bytes);
  return client;
}

describe('a client that does not read', () => {
  it('has its stream ended as if it had left', async () => {
    await start({ times: { heartbeatMs: 20, maxUnreadMs: 100 } });
    const body = JSON.stringify({ message: 'Hello', stream: true });
    const client = askUnread(
      `POST /v1/api/chat/support-agent HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer demo-key\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await talk(await script.next())).toMatchObject({ code: 'client-closed' });
    await expect.poll(openStreams).toBe(0);
    client.destroy();
  });

  it('has its socket ended', async () => {
    await start({ times: { maxUnreadMs: 100 } });
    const { socket } = await newSocket();
    socket.client.pause();
    socket.send({ content: 'Hello' });
    expect(await talk(await script.next())).toMatchObject({ code: 'client-closed' });
    await expect.poll(openStreams).toBe(0);
    socket.client.resume();
    await socket.closed;
  });

  it('has its connection ended where documents wait for it', async () => {
    await start({ times: { maxUnreadMs: 100 } });
    const client = askUnread('GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n'.repeat(200));
    await once(client, 'readable');
    const connections = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const both = connections();
    expect(both).toBeGreaterThan(1);
    await expect.poll(connections).toBe(both - 1);
    client.destroy();
  });

  it('keeps nobody waiting with images that it asked for', async () => {
    await start({ drainMs: long, times: { maxUnreadMs: 100 } });
    const form = new FormData();
    form.set('site_key', 'sk_demo');
    form.set('session_id', 'sess_1');
    form.set('image', new Blob([new Uint8Array(pngOfSize(10_000_000))]), 'picture.png');
    const { body } = await send('POST', `${gateway.url}/api/v1/chat/upload-image`, { raw: form });
    const client = askUnread(`GET ${new URL(body.url).pathname} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    await once(client, 'readable'); // the answer has begun
    gateway = await gateway.restart();
    client.destroy();
  });
});
