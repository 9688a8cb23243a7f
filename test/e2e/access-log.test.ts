import { afterEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { behindProxy, runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';
import { json, runStub, type StubUpstream } from '../support/stub-upstream.ts';

const bearer = { authorization: 'Bearer demo-key' };
const said = 'canary-4111 blue hoodie';

let gateway: TestGateway;
let upstream: StubUpstream | undefined;
afterEach(async () => {
  await gateway.close();
  await upstream?.close();
  upstream = undefined;
});

type Line = Readonly<Record<string, unknown>>;

/** The lines of calls, when there are so many. */
async function lines(count: number): Promise<readonly Line[]> {
  const found = () => gateway.logged.filter((line) => 'operation' in line);
  await expect.poll(() => found().length).toBe(count);
  return found();
}

const start = async (options?: TestGatewayOptions): Promise<void> => {
  gateway = await runGateway(options);
};

const ask = (extra: Readonly<Record<string, unknown>> = {}, headers: Record<string, string> = {}) =>
  send('POST', `${gateway.url}/v1/api/chat/support-agent?note=${said}`, {
    headers: { ...bearer, ...headers },
    json: { message: said, ...extra },
  });

describe('a call has one line in the log', () => {
  it('when it is answered: who, what, where, how long, how much', async () => {
    await start();
    const { headers } = await ask();
    const [line] = await lines(1);
    expect(line).toMatchObject({
      requestId: headers.get('x-request-id'),
      tenant: expect.any(String),
      principal: expect.stringContaining('storefront'),
      method: 'POST',
      path: '/v1/api/chat/:slug',
      dialect: 'agent-slug',
      operation: 'send-message',
      backend: 'shop',
      code: 'ok',
      status: 200,
      ended: 'complete',
    });
    expect(line?.['milliseconds']).toBeGreaterThan(0);
    expect(line?.['bytes']).toBeGreaterThan(200);
    expect(line?.['conversationId']).toMatch(/^[\w-]+$/);
    expect(line).not.toHaveProperty('events');
  });

  it('when its stream has ended, with its events and how soon the first of them came', async () => {
    const backend = createScriptedBackend('shop');
    await start({ backends: { shop: backend.backend } });
    const url = `${gateway.url}/v1/api/chat/support-agent`;
    const opening = openStream(url, { headers: bearer, json: { message: said, stream: true } });
    const reply = await backend.next();
    reply.say({ type: 'text-delta', text: said });
    const stream = await opening;
    await stream.next();
    expect(gateway.logged.filter((entry) => 'operation' in entry)).toEqual([]);
    reply.end();
    await stream.rest();
    const [line] = await lines(1);
    expect(line).toMatchObject({ code: 'ok', status: 200, ended: 'complete' });
    expect(line?.['events']).toBeGreaterThan(1);
    expect(line?.['firstEventMs']).toBeGreaterThan(0);
    expect(line?.['firstEventMs']).toBeLessThanOrEqual(Number(line?.['milliseconds']));
  });

  it('when its client leaves, and when it breaks off', async () => {
    const backend = createScriptedBackend('shop');
    await start({ backends: { shop: backend.backend } });
    const url = `${gateway.url}/v1/api/chat/support-agent`;
    const open = async () => {
      const opening = openStream(url, { headers: bearer, json: { message: said, stream: true } });
      const reply = await backend.next();
      reply.say({ type: 'text-delta', text: said });
      const stream = await opening;
      await stream.next();
      return { stream, reply };
    };
    (await open()).stream.leave();
    expect((await lines(1)).at(-1)).toMatchObject({ code: 'client-closed', status: 200, ended: 'left' });
    const { stream, reply } = await open();
    reply.fail(new Error(said));
    await stream.rest();
    expect((await lines(2)).at(-1)).toMatchObject({ code: 'internal', status: 200, ended: 'broken', level: 50 });
  });

  it('when it is refused, served nowhere, or no HTTP', async () => {
    await start();
    await send('POST', `${gateway.url}/v1/api/chat/support-agent`, { json: { message: said } });
    await send('GET', `${gateway.url}/v1/none?key=${said}`, { headers: bearer });
    const [refused, nowhere] = await lines(2);
    expect(refused).toMatchObject({ code: 'unauthenticated', status: 401, ended: 'failed' });
    expect(nowhere).toMatchObject({ code: 'not-found', status: 404, operation: 'none', method: 'GET' });
    expect(nowhere).not.toHaveProperty('path');
  });

  it('over a socket: each turn, and the socket at its end', async () => {
    await start();
    const key = { 'x-api-key': 'demo-key' };
    const { body: chat } = await send('POST', `${gateway.url}/api/v1/chats/`, {
      headers: key,
      json: { user_id: 'ann' },
    });
    const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?user_id=ann&chat_id=${chat.id}&api_key=demo-key`);
    await socket.until('connection_established');
    socket.send({ content: said });
    await socket.until('message_stream_ended');
    await socket.close();
    const [, turn, follow] = await lines(3);
    expect(turn).toMatchObject({
      operation: 'send-message',
      path: '/ws/chat',
      backend: 'shop',
      conversationId: chat.id,
    });
    expect(follow).toMatchObject({
      operation: 'follow-conversation',
      path: '/ws/chat',
      status: 101,
      ended: 'complete',
    });
    expect(follow?.['events']).toBeGreaterThan(2);
    expect(follow?.['bytes']).toBeGreaterThan(200);
  });

  it('in which nothing stands that anybody said, and no key', async () => {
    await start();
    await ask();
    await ask({ conversation_id: said, session_id: said });
    await send('GET', `${gateway.url}/v1/chats/${encodeURIComponent(said)}/messages`, { headers: bearer });
    await lines(3);
    const written = JSON.stringify(gateway.logged);
    for (const word of ['canary', 'hoodie', 'demo-key']) expect(written).not.toContain(word);
  });
});

describe('`log.access`', () => {
  const withAccess = (access: unknown) => (demo: any) => {
    demo.log = { ...demo.log, access };
  };
  const fail = () => send('GET', `${gateway.url}/v1/none`, { headers: bearer });

  it('`errors` leaves out what was answered', async () => {
    await start({ configure: withAccess('errors') });
    await ask();
    await fail();
    expect(await lines(1)).toMatchObject([{ code: 'not-found' }]);
  });

  it('`false` leaves out what is the client’s affair, and never what is ours to mend; a reload changes it', async () => {
    const backend = createScriptedBackend('shop');
    await start({ configure: withAccess(false), backends: { shop: backend.backend } });
    await fail();
    const asking = ask();
    (await backend.next()).fail(new Error('broken'));
    await asking;
    expect(await lines(1)).toMatchObject([{ code: 'internal', reason: expect.any(String) }]);
    await gateway.reload(withAccess(true));
    await fail();
    expect(await lines(2)).toMatchObject([{ code: 'internal' }, { code: 'not-found' }]);
  });
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('what a caller says of a call', () => {
  it('is its id where a proxy says it, and never otherwise', async () => {
    await start({ configure: behindProxy });
    const own = { authorization: 'Bearer own-key' };
    const answer = await ask({}, { ...own, 'x-request-id': 'edge-7.f00/1' });
    expect(answer.headers.get('x-request-id')).toBe('edge-7.f00/1');
    for (const id of [said, 'x'.repeat(129), '"']) {
      expect((await ask({}, { ...own, 'x-request-id': id })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect((await lines(4))[0]).toMatchObject({ requestId: 'edge-7.f00/1' });
    await gateway.close();
    await start();
    expect((await ask({}, { 'x-request-id': 'edge-7' })).headers.get('x-request-id')).not.toBe('edge-7');
  });

  it('tells its trace, which an upstream is told; whether that is written down is for a proxy to say', async () => {
    const stub = await runStub((_request, response) =>
      json(response, { choices: [{ message: { role: 'assistant', content: 'Here.' }, finish_reason: 'stop' }] }),
    );
    upstream = stub;
    const overModel = (demo: any): void => {
      demo.backends.shop = { type: 'openai', baseUrl: `${stub.url}/v1`, model: 'm', apiKey: 'k' };
    };
    await start({ configure: overModel });
    await ask({}, { traceparent });
    expect(stub.received.at(-1)?.headers['traceparent']).toBe(`00-${traceId}-00f067aa0ba902b7-00`);
    expect((await lines(1))[0]).toMatchObject({ traceId });
    for (const none of ['00-0-0-01', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff${traceparent.slice(2)}`]) {
      await ask({}, { traceparent: none });
      expect(stub.received.at(-1)?.headers).not.toHaveProperty('traceparent');
    }
    await gateway.close();
    await start({
      configure(demo) {
        behindProxy(demo);
        overModel(demo);
      },
    });
    await ask({}, { authorization: 'Bearer own-key', traceparent });
    expect(stub.received.at(-1)?.headers['traceparent']).toBe(traceparent);
  });

  it('is told to an upstream that speaks a dialect, too', async () => {
    const stub = await runStub((_request, response) => json(response, { detail: 'no' }, 500));
    upstream = stub;
    await start({
      configure(demo) {
        demo.backends.shop = { type: 'upstream', dialect: 'item-discovery', baseUrl: stub.url, apiKey: 'k' };
      },
    });
    await ask({}, { traceparent });
    expect(stub.received.at(-1)?.headers['traceparent']).toContain(traceId);
  });
});
