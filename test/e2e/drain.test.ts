import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
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

const agentPath = '/v1/api/chat/support-agent';

/** Each kind of stream that answers a message, and what ends it. */
const streams = [
  { name: 'widget', path: '/api/v1/chat/stream', json: visitor, terminator: undefined },
  { name: 'agent-slug', path: agentPath, json: { message: 'Hello', stream: true }, terminator: '[DONE]' },
  {
    name: 'openai',
    path: '/v1/chat/completions',
    json: { model: 'support-agent', stream: true, messages: [{ role: 'user', content: 'Hello' }] },
    terminator: undefined,
  },
] as const;

describe('a running reply when the gateway closes', () => {
  it.each(streams)('goes on to its end within the time in $name (failure 36)', async ({ path, json }) => {
    await start({ drainMs: long });
    const asking = openStream(`${gateway.url}${path}`, { headers: bearer, json });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half, ' });
    const stream = await asking;
    const { closed } = beginClosing();
    reply.say({ type: 'text-delta', text: 'whole' });
    reply.end();
    const told = JSON.stringify(dataOf(await stream.rest()));
    expect(told).toContain('whole');
    expect(told).not.toContain('error');
    await closed;
  });

  it('that is given whole is given whole', async () => {
    await start({ drainMs: long });
    const asking = send('POST', `${gateway.url}${agentPath}`, { headers: bearer, json: { message: 'Hello' } });
    const reply = await script.next();
    const { closed } = beginClosing();
    reply.say({ type: 'text-delta', text: 'All of it' });
    reply.end();
    expect(await asking).toMatchObject({ status: 200, body: { data: { response: 'All of it' } } });
    await closed;
  });

  it.each(streams)('is told in $name that it is cut off after the time', async ({ name, path, json, terminator }) => {
    await start({ drainMs: short });
    const asking = openStream(`${gateway.url}${path}`, { headers: bearer, json });
    (await script.next()).say({ type: 'text-delta', text: 'Half' });
    const stream = await asking;
    await stream.next();
    const { logged } = gateway;
    await beginClosing().closed;
    const told = dataOf(await stream.rest()).map((message) => JSON.stringify(message));
    const failed = told.findIndex((message) => /error.*The service is closing/.test(message));
    expect(failed).toBeGreaterThanOrEqual(0);
    expect(told.slice(failed + 1)).toEqual(terminator === undefined ? [] : [JSON.stringify(terminator)]);
    expect(logged).toContainEqual(expect.objectContaining({ msg: `${name} send-message`, code: 'shutting-down' }));
  });

  it.each([
    ['', {}],
    [', also one that others may join', { message_id: 'm_1' }],
  ])('is kept as interrupted after the time%s', async (_which, fields) => {
    await start({ drainMs: short });
    const asking = askWidget(fields);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    const stream = await asking;
    await stream.next();
    await beginClosing().closed;
    expect(await messagesOfVisitor()).toContainEqual(['assistant', 'Half', 'interrupted']);
  });

  it('of a backend that does not listen is cut off all the same (failure 23), in its dialect', async () => {
    const deaf: Backend = {
      name: 'deaf',
      async *answer(_turn, { replyId }) {
        yield [{ type: 'reply-start', replyId }];
        await new Promise(() => undefined);
      },
    };
    await start({ drainMs: short, backends: { shop: deaf } });
    const asking = send('POST', `${gateway.url}${agentPath}`, { headers: bearer, json: { message: 'Hello' } });
    await expect.poll(() => readMetric(gateway.url, 'dragoman_backend_open')).toBe(1);
    const { logged } = gateway;
    await beginClosing().closed;
    const { status, headers, body } = await asking;
    expect([status, headers.get('retry-after'), body.data]).toEqual([503, '1', null]);
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
    expect((await socket.until('error')).at(-1)).toMatchObject({ message: 'The answer was interrupted' });
    expect(await socket.closed).toMatchObject({ code: 1001 });
    expect(await messagesOf(id)).toContainEqual(['assistant', 'Half', 'interrupted']);
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'tenant-chats send-message', code: 'shutting-down' }));
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
