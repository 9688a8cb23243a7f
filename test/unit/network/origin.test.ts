import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { toGatewayError } from '../../../src/errors/index.ts';
import { createAddressGuard, createOrigin, type Origin, type OriginAnswer } from '../../../src/network/index.ts';
import { cutEverywhere } from '../../support/wire.ts';

/** A server that reads a request's head and then is a plain socket: a test writes what it likes. */
async function createSocketServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      if (bytes.includes('\r\n\r\n')) serve(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const closing = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(answer: (socket: Socket) => void) {
  const server = await createSocketServer(answer);
  cleanUps.push(server.close);
  return { server, origin: originOf(server.url) };
}

function originOf(baseUrl: string, connectMs = 5_000): Origin {
  const origin = createOrigin({ baseUrl, connectMs, addresses: createAddressGuard() });
  cleanUps.push(origin.close);
  return origin;
}

const ask = (origin: Origin, signal = new AbortController().signal): Promise<OriginAnswer> =>
  origin.send({ method: 'GET', path: '/', headers: {} }, signal);

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (thrown: unknown) => toGatewayError(thrown).code,
  );

async function dataIn(answer: OriginAnswer): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const batch of answer.messages()) found.push(...batch.map(({ data }) => data));
  return found;
}

const head = (...lines: readonly string[]) =>
  `HTTP/1.1 200 OK\r\n${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;

/** Writes two pieces so that they are two reads for whoever reads the other end. */
async function writeApart(socket: Socket, [left, right]: readonly [Uint8Array, Uint8Array]): Promise<void> {
  socket.setNoDelay();
  socket.write(left);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  socket.end(right);
}

const story = '\uFEFF: a comment\r\ndata: Zoë\r\n\r\n:\rdata: 🪑: a: b\r\rdata: one\ndata: two\n\nevent: x\ndata: last';
const told = ['Zoë', '🪑: a: b', 'one\ntwo', 'last'];

describe('server-sent events', () => {
  const bytes = Buffer.from(story);

  it('are the same wherever the connection cuts them (failures 1 to 8)', async () => {
    const cuts = [...cutEverywhere(bytes)];
    const { origin } = await serve((socket) => {
      socket.write(head('Content-Type: text/event-stream'));
      void writeApart(socket, cuts.shift() ?? [bytes, bytes]);
    });
    for (let left = cuts.length; left > 0; left -= 1) expect(await dataIn(await ask(origin))).toEqual(told);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('are the same compressed with %s, wherever they are cut', async (encoding, compress) => {
    const cuts = [...cutEverywhere(compress(bytes))];
    const { origin } = await serve((socket) => {
      socket.write(head(`Content-Encoding: ${encoding}`));
      void writeApart(socket, cuts.shift() ?? [bytes, bytes]);
    });
    for (let left = cuts.length; left > 0; left -= 1) expect(await dataIn(await ask(origin))).toEqual(told);
  });

  it.each([
    ['gzip', () => createGzip()],
    ['deflate', () => createDeflate()],
    ['br', () => createBrotliCompress()],
  ] as const)('come one by one through %s (failure 9)', async (encoding, create) => {
    const compressor = create();
    const flush = encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
    const { origin } = await serve((socket) => {
      socket.write(head(`Content-Encoding: ${encoding}`));
      compressor.pipe(socket);
    });
    const messages = (await ask(origin)).messages();
    for (const text of ['one', 'two', 'three']) {
      const next = messages.next();
      compressor.write(`data: ${text}\n\n`);
      compressor.flush(flush);
      expect((await next).value).toEqual([{ data: text }]);
    }
    await messages.return?.();
  });

  it.each([
    ['broken', Buffer.from('no gzip at all')],
    ['short of its end', gzipSync(bytes).subarray(0, -9)],
  ])('that are compressed and %s cannot be read', async (_what, compressed) => {
    const { origin } = await serve((socket) =>
      socket.end(Buffer.concat([Buffer.from(head('Content-Encoding: gzip')), compressed])),
    );
    expect(await codeOf(ask(origin).then(dataIn))).toBe('upstream-protocol');
  });

  it('of 1 MiB are read, and longer ones are not (failure 3)', async () => {
    let length = 1_048_576 - 'data: '.length;
    const { origin } = await serve((socket) => socket.end(`${head()}data: ${'x'.repeat(length)}\n\n`));
    expect((await dataIn(await ask(origin))).join('')).toHaveLength(length);
    length += 100_000;
    expect(await codeOf(ask(origin).then(dataIn))).toBe('upstream-protocol');
  });
});

describe('a response', () => {
  it.each([
    ['with an encoding that is not known', head('Content-Encoding: pigeon'), 'upstream-protocol'],
    ['that is a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n', 'upstream-rejected'],
    ['with too many headers', head(`X-Many: ${'x'.repeat(200_000)}`), 'upstream-protocol'],
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'upstream-protocol'],
    ['that does not come', '', 'upstream-failed'],
    ['that ends in its head', 'HTTP/1.1 200 OK\r\nContent-', 'upstream-failed'],
    ['that is shorter than it says', `${head('Content-Length: 90')}data: x\n\n`, 'upstream-protocol'],
    ['that is not all of its chunks', `${head('Transfer-Encoding: chunked')}9\r\ndata: x\n\n\r\n`, 'upstream-failed'],
    ['whose chunks are none', `${head('Transfer-Encoding: chunked')}zz\r\n`, 'upstream-protocol'],
  ])('%s is refused (failures 11 and 47)', async (_what, bytes, code) => {
    const { origin } = await serve((socket) => socket.end(bytes));
    expect(await codeOf(ask(origin).then(dataIn))).toBe(code);
  });

  it('that is longer than it says ends where it says', async () => {
    const { origin } = await serve((socket) => socket.end(`${head('Content-Length: 9')}data: x\n\ndata: y\n\n`));
    expect(await dataIn(await ask(origin))).toEqual(['x']);
  });

  it('is read no faster than it is taken (failure 30)', async () => {
    let written = 0;
    let stuck = (): void => undefined;
    const whenStuck = new Promise<void>((resolve) => {
      stuck = resolve;
    });
    const { origin } = await serve((socket) => {
      socket.write(head());
      const piece = Buffer.from(`data: ${'x'.repeat(65_000)}\n\n`);
      const write = (): void => {
        while (written < 64_000_000) {
          written += piece.length;
          if (!socket.write(piece)) {
            // Nobody takes any more: what a socket's buffers hold has long been sent by then.
            const timer = setTimeout(stuck, 500);
            socket.once('drain', () => {
              clearTimeout(timer);
              write();
            });
            return;
          }
        }
      };
      write();
    });
    const answer = await ask(origin);
    await whenStuck;
    expect(written).toBeLessThan(32_000_000);
    answer.discard();
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('before anything closes nothing and asks nothing', async () => {
    const { server, origin } = await serve(() => undefined);
    await expect(ask(origin, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.sockets.size).toBe(0);
  });

  it('while the connection is being made is heard at once', async () => {
    const leaving = new AbortController();
    const origin = createOrigin({
      baseUrl: 'http://nowhere.test',
      connectMs: 60_000,
      addresses: { checkHost: () => undefined, lookup: () => undefined },
    });
    cleanUps.push(origin.close);
    const asked = ask(origin, leaving.signal);
    setImmediate(() => leaving.abort(reason));
    await expect(asked).rejects.toBe(reason);
  });

  it.each([
    ['before the head', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['before the body', head()],
    ['in the body', `${head()}data: x\n\n`],
    ['in the middle of a frame', `${head()}data: x\n\ndata: y`],
  ])('%s closes the socket (failures 21 and 22)', async (_when, bytes) => {
    const leaving = new AbortController();
    let closed: Promise<unknown> | undefined;
    const { origin } = await serve((socket) => {
      closed = closing(socket);
      socket.write(bytes, () => setImmediate(() => leaving.abort(reason)));
    });
    await expect(ask(origin, leaving.signal).then(dataIn)).rejects.toBe(reason);
    await closed;
  });

  it('of a body that nobody reads closes the socket too', async () => {
    const { server, origin } = await serve((socket) => socket.write(`${head()}data: x\n\n`));
    const leaving = new AbortController();
    await ask(origin, leaving.signal);
    const [socket] = server.sockets;
    const closed = socket && closing(socket);
    leaving.abort(reason);
    await closed;
  });
});

describe('a server that cannot be reached', () => {
  it('is unavailable', async () => {
    const { server, origin } = await serve(() => undefined);
    await server.close();
    cleanUps.splice(0, 1);
    expect(await codeOf(ask(origin))).toBe('upstream-unavailable');
  });

  it('in time is unavailable', async () => {
    // A name that nobody answers for: the connection is still being made when its time is up.
    const origin = createOrigin({
      baseUrl: 'http://nowhere.test',
      connectMs: 50,
      addresses: { checkHost: () => undefined, lookup: () => undefined },
    });
    cleanUps.push(origin.close);
    expect(await codeOf(ask(origin))).toBe('upstream-unavailable');
  });
});
