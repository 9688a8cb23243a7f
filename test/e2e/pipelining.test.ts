import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { openConnection, type RawConnection, type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const headers = { authorization: 'Bearer demo-key', 'content-type': 'application/json' };
const ask = (message: string, extra: object = {}): RawRequest => ({
  method: 'POST',
  target: '/v1/api/chat/support-agent',
  headers: { ...headers, ...extra },
  body: JSON.stringify({ message }),
});
const get = (target: string, extra: object = {}): RawRequest => ({ method: 'GET', target, headers: { ...extra } });

let gateway: TestGateway;
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await gateway.close();
});

async function connect(): Promise<RawConnection> {
  const connection = await openConnection(gateway.url);
  connections.push(connection);
  return connection;
}

/** A gateway whose replies a test gives. */
async function startScripted() {
  const script = createScriptedBackend();
  gateway = await runGateway({ backends: { shop: script.backend }, configure: withoutLimits });
  return script;
}

function withoutLimits(demo: any): void {
  demo.tenants[0].keys[0].limits = {};
}

/** What has come to the gateway before this has been looked at. */
const settled = () => send('GET', `${gateway.url}/v1/models`, { headers });

describe('requests that a client sends before it has its answers', () => {
  it('are begun one at a time, and answered in their order', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.send(Buffer.concat(['one', 'two', 'three'].map((message) => toBytes(ask(message)))));
    for (const message of ['one', 'two', 'three']) {
      const reply = await script.next();
      await settled();
      expect(script.asked.at(-1)).toBe(reply);
      expect(reply.turn.text).toBe(message);
      reply.say({ type: 'text-delta', text: `${message}, too` });
      reply.end();
      expect((await connection.answer())?.body).toContain(`${message}, too`);
    }
  });

  it('are read whole wherever the network cuts them', async () => {
    gateway = await runGateway({ configure: withoutLimits });
    const chunked = Buffer.from(
      'POST /v1/api/chat/support-agent HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer demo-key\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '8\r\n{"messag\r\n6\r\ne":"x"\r\n1\r\n}\r\n0\r\n\r\n',
    );
    const bytes = Buffer.concat([
      toBytes(ask('Hello', { expect: '100-continue' })),
      toBytes(get('/healthz')),
      chunked,
      toBytes(get('/nowhere', { 'x-odd': '\u00e9 :: x' })),
      toBytes(ask('y'.repeat(20_000))),
      toBytes(get('/healthz')),
    ]);
    const statuses = [200, 200, 200, 404, 200, 200];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), async (places) => {
        const connection = await connect();
        const ends = [...new Set([0, ...places, bytes.length])].sort((left, right) => left - right);
        for (const [index, end] of ends.entries()) {
          connection.send(bytes.subarray(ends[index - 1] ?? 0, end));
          await new Promise(setImmediate);
        }
        const answers = [];
        for (const _status of statuses) answers.push((await connection.answer())?.status);
        connection.close();
        expect(answers).toEqual(statuses);
      }),
      { numRuns: 40 },
    );
  });

  it('are read whole however many headers they have, and however small the pieces that they come in', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.socket.setNoDelay(true);
    const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, at) => [`x${at}`, '1']));
    connection.send(toBytes(ask('one')));
    const first = await script.next();
    connection.send(toBytes(ask('two', many)));
    for (const byte of toBytes(get('/v1/models', headers))) {
      connection.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    first.end();
    expect((await connection.answer())?.status).toBe(200);
    const second = await script.next();
    expect(second.turn.text).toBe('two');
    second.end();
    expect((await connection.answer())?.status).toBe(200);
    expect((await connection.answer())?.body).toContain('"object":"list"');
  });

  it('wait while the answer before them is not read', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.socket.pause();
    const many = 60; // thirty megabytes of answers, more than a system holds for a connection
    connection.send(Buffer.concat(Array.from({ length: many }, () => toBytes(ask('Hello')))));
    const answerAll = async (): Promise<void> => {
      for (let at = 0; at < many; at += 1) {
        const reply = await script.next();
        reply.say({ type: 'text-delta', text: 'x'.repeat(500_000) });
        reply.end();
      }
    };
    const answering = answerAll();
    let before = -1;
    while (script.asked.length > before) {
      before = script.asked.length;
      for (let times = 0; times < 20; times += 1) await settled();
    }
    expect(before).toBeLessThan(many);
    connection.socket.resume();
    for (let at = 0; at < many; at += 1) expect((await connection.answer())?.status).toBe(200);
    await answering;
  }, 60_000);

  it('are not begun when their client has left', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.send(Buffer.concat([toBytes(ask('one')), toBytes(ask('two'))]));
    const { call } = await script.next();
    connection.close();
    await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
    await settled();
    expect(script.asked).toHaveLength(1);
  });

  it('stream, and go on when the stream has ended', async () => {
    const script = await startScripted();
    const connection = await connect();
    const streamed = { ...ask(''), body: JSON.stringify({ message: 'Hello', stream: true }) };
    connection.send(Buffer.concat([toBytes(streamed), toBytes(get('/healthz'))]));
    const reply = await script.next();
    // More than the connection takes at once: its client reads, and what waits behind does not keep it from being told.
    for (let times = 0; times < 200; times += 1) reply.say({ type: 'text-delta', text: 'x'.repeat(5_000) });
    reply.end();
    expect((await connection.answer({ method: 'POST' }))?.body).toContain('[DONE]');
    expect((await connection.answer())?.body).toContain('ok');
  });

  it('may be a WebSocket’s handshake, which is taken up when its time has come', async () => {
    gateway = await runGateway({ configure: withoutLimits });
    const created = await send('POST', `${gateway.url}/api/v1/chats/`, {
      headers: { 'x-api-key': 'demo-key' },
      json: { user_id: 'ann' },
    });
    const connection = await connect();
    const handshake = get(`/ws/chat?api_key=demo-key&user_id=ann&chat_id=${created.body.id}`, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    connection.send(Buffer.concat([toBytes(ask('Hello')), toBytes(handshake)]));
    let received = '';
    connection.socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    await expect.poll(() => received, { timeout: 10_000 }).toContain('connection_established');
    expect(received).toContain('HTTP/1.1 200 OK');
    expect(received).toContain('HTTP/1.1 101 Switching Protocols');
  });

  it('do not keep a gateway from closing', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.send(Buffer.concat([toBytes(ask('one')), toBytes(ask('two'))]));
    const reply = await script.next();
    const closing = gateway.close();
    reply.say({ type: 'text-delta', text: 'yes' });
    reply.end();
    expect((await connection.answer())?.body).toContain('yes');
    expect(await connection.answer()).toBeUndefined();
    await closing;
    gateway = await runGateway();
  });

  it('that are no HTTP are answered behind what was asked before them', async () => {
    const script = await startScripted();
    const connection = await connect();
    connection.send(Buffer.concat([toBytes(ask('one')), toBytes(ask('two')), Buffer.from('no HTTP\r\n\r\n')]));
    for (const text of ['yes', 'and yes']) {
      const reply = await script.next();
      reply.say({ type: 'text-delta', text });
      reply.end();
      expect((await connection.answer())?.body).toContain(text);
    }
    expect((await connection.answer())?.status).toBe(400);
    expect(await connection.answer()).toBeUndefined();
  });
});
