import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { runBefore } from '../support/back-to-back.ts';
import { dataOf, openStream } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';

const chatId = 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d';
const chat = {
  ...{ id: chatId, user_id: 'u', tenant_id: 't', title: '', config: { metadata: {} } },
  ...{ created_at: '2024-01-15T10:30:00', updated_at: '2024-01-15T10:30:00', last_message_at: null, plan: 'pro' },
};
const frame = (event_type: string, fields: object = {}) =>
  JSON.stringify({ event_type, timestamp: '2024-01-15T10:30:00.123456', chat_id: chatId, ...fields });
const greeting = frame('connection_established', { user_id: 'u', tenant_id: 't' });
const ack = (content: string) => frame('message_received', { message_id: 'msg-1', user_id: 'u', content });
const started = (id: string) => frame('message_stream_started', { message_id: id, model: 'x' });
const ended = (id: string, content: string) =>
  frame('message_stream_ended', { message_id: id, content, metadata: { tokens_used: 3 } });
const token = (id: string, text: string) => frame('message_stream_token', { message_id: id, token: text });

let near: TestGateway | undefined;
let stop: (() => void) | undefined;
afterEach(async () => {
  await near?.close();
  stop?.();
});

/** The gateway before a chat server that talks so, once it was asked. */
async function before(talk: (socket: WebSocket, content: string) => void, changes?: object): Promise<TestGateway> {
  const server = createServer((_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(chat));
  });
  const sockets = new WebSocketServer({ server, path: '/ws/chat' });
  sockets.on('connection', (socket, request) => {
    expect(request.headers['x-api-key'], 'the key stands in no address').toBe('demo-key');
    socket.on('message', (data: Buffer) => talk(socket, JSON.parse(data.toString('utf8')).content));
    socket.send(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  };
  near = await runBefore('tenant-chats', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, changes);
  return near;
}

async function ask({ url }: TestGateway) {
  const stream = await openStream(`${url}/v1/api/chat/support-agent`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { message: 'Hello', stream: true },
  });
  return { status: stream.status, told: dataOf(await stream.rest()) };
}

const codesOf = ({ logged }: TestGateway) => logged.map((line) => line['code']).filter((code) => code !== undefined);

describe('an upstream over a WebSocket', () => {
  it('is heard through unknown frames, other replies and times without a zone', async () => {
    const gateway = await before((socket, content) => {
      const frames = [
        token('msg-0', 'of another reply'),
        ack('of another visitor'),
        ack(content),
        frame('presence', { online: 3 }),
        token('msg-0', 'of another reply'),
        ended('msg-0', 'of another reply'),
        started('msg-2'),
        token('msg-2', 'Hi '),
        token('msg-0', 'of another reply'),
        ended('msg-0', 'Hi of another reply'),
        token('msg-2', 'there'),
        ended('msg-2', 'Hi there'),
      ];
      for (const one of frames) socket.send(one);
    });
    expect((await ask(gateway)).told.map(({ chunk }) => chunk)).toEqual(['Hi ', 'there', undefined]);
  });

  it.each<[string, string, (socket: WebSocket) => void]>([
    ['closes before the end', 'upstream-protocol', (socket) => socket.close(1000)],
    ['breaks off', 'upstream-failed', (socket) => socket.terminate()],
    ['says what is no JSON', 'upstream-protocol', (socket) => socket.send('{"event_type":')],
    ['sends a frame over 1 MiB', 'upstream-protocol', (socket) => socket.send(token('msg-2', 'x'.repeat(1_100_000)))],
    ['ends with other words', 'upstream-protocol', (socket) => socket.send(ended('msg-2', 'Hello'))],
    [
      'ends another reply only',
      'upstream-protocol',
      (socket) => {
        socket.send(ended('msg-0', 'Hi'));
        socket.close(1000);
      },
    ],
    ['fails', 'upstream-failed', (socket) => socket.send(frame('error', { error_code: 'BROKEN', message: 'x' }))],
    [
      'refuses our key',
      'upstream-rejected',
      (socket) => socket.send(frame('error', { error_code: 'AUTHENTICATION_FAILED', message: 'x' })),
    ],
  ])('that %s is not taken for one that has answered (failure 11)', async (_how, code, breakOff) => {
    const gateway = await before((socket, content) => {
      socket.send(ack(content));
      socket.send(started('msg-2'));
      socket.send(token('msg-2', 'Hi'));
      breakOff(socket);
    });
    const { status, told } = await ask(gateway);
    expect(status === 200 ? told.at(-2) : told[0]).toMatchObject({ error: { name: 'ApplicationError' } });
    await expect.poll(() => codesOf(gateway)).toContain(code);
  });

  it('that edits its words at the end is heard at the end, where it is not streamed', async () => {
    const gateway = await before(
      (socket, content) => {
        const frames = [ack(content), started('msg-2'), token('msg-2', 'See [1] here'), ended('msg-2', 'See here')];
        for (const one of frames) socket.send(one);
      },
      { streaming: false },
    );
    expect((await ask(gateway)).told).toEqual([{ chunk: 'See here' }, '[DONE]']);
  });

  it('is left when the client leaves', async () => {
    const left = new Promise<void>((resolve) => {
      void before((socket, content) => {
        socket.on('close', () => resolve());
        socket.send(ack(content));
        socket.send(started('msg-2'));
        socket.send(token('msg-2', 'Hi'));
      }).then(async ({ url }) => {
        const stream = await openStream(`${url}/v1/api/chat/support-agent`, {
          headers: { authorization: 'Bearer demo-key' },
          json: { message: 'Hello', stream: true },
        });
        await stream.next();
        stream.leave();
      });
    });
    await left;
  });
});
