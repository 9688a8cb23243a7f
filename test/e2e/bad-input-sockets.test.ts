import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import { knownUser, secrets } from '../support/fuzz-requests.ts';
import { ask, openConnection, type RawConnection } from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runHardened();
});
afterAll(() => gateway.close());

/** A handshake by hand: what follows it is what a hostile client likes. */
async function shakeHands(query: string): Promise<RawConnection> {
  const connection = await openConnection(gateway.url);
  connection.send(
    `GET /ws/chat?${query} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  return connection;
}

const closed = ({ socket }: RawConnection): Promise<void> =>
  socket.readableEnded || socket.destroyed
    ? Promise.resolve()
    : new Promise((resolve) => {
        socket.once('end', () => resolve());
        socket.once('close', () => resolve());
      });

const received = ({ socket }: RawConnection): Promise<void> =>
  new Promise((resolve) => socket.once('data', () => resolve()));

async function expectAlive(): Promise<void> {
  const health = await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} });
  expect(health.status).toBe(200);
}

/** A frame as a client sends it, under a mask of zeros. */
function masked(head: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const size = length < 126 ? Buffer.from([0x80 | length]) : Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (length >= 126) size.writeUInt32BE(length, 5);
  return Buffer.concat([Buffer.from([head]), size, Buffer.alloc(4), payload]);
}

async function openChat(): Promise<RawConnection> {
  const { conversationId } = await makeKnown(gateway);
  const connection = await shakeHands(`api_key=${secrets.key}&user_id=${knownUser}&chat_id=${conversationId}`);
  await received(connection);
  return connection;
}

describe('a socket', () => {
  it('that was refused and then breaks the protocol ends by itself, and nothing else does', async () => {
    const connection = await shakeHands('api_key=nobody');
    await received(connection);
    // It does not answer the close frame, so that the gateway still listens.
    connection.send(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    connection.finish();
    await closed(connection);
    await expectAlive();
  });

  it.each([
    ['no frame at all', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame without a mask', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['a text that is no UTF-8', masked(0x81, Buffer.from([0xc3, 0x28]))],
    ['a frame that says to be longer than 1 MiB', Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 1, 2, 3, 4])],
    ['a control frame in pieces', masked(0x09, Buffer.alloc(2))],
    ['a continuation of nothing', masked(0x80, Buffer.from('x'))],
    ['a close code that does not exist', masked(0x88, Buffer.from([0, 1]))],
  ])('that sends %s is cut off, and nobody else is', async (_, bytes) => {
    const [broken, other] = [await openChat(), await openChat()];
    const told = received(broken);
    broken.send(bytes);
    await told;
    broken.close();
    const answered = received(other);
    other.send(masked(0x81, Buffer.from('{"content":"Hello"}')));
    await answered;
    other.close();
    await expectAlive();
  });

  it('that floods without waiting for answers is closed with 1008', async () => {
    const { conversationId } = await makeKnown(gateway);
    const query = `api_key=${secrets.key}&user_id=${knownUser}&chat_id=${conversationId}`;
    const socket = new WebSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
    await once(socket, 'open');
    const frame = JSON.stringify({ content: 'x'.repeat(30_000) });
    for (let count = 0; count < 200; count += 1) socket.send(frame);
    expect((await once(socket, 'close'))[0]).toBe(1008);
    await expectAlive();
  });

  it('that goes without a word leaves no open stream behind', async () => {
    for (let count = 0; count < 20; count += 1) {
      const connection = await openChat();
      connection.send(masked(0x81, Buffer.from('{"content":"Hello"}')));
      connection.socket.resetAndDestroy();
    }
    const open = async () =>
      /dragoman_open_streams\{[^}]*socket[^}]*\} (\d+)/.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
    await expect.poll(open).toBe('0');
  });
});
