import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { scripts } from '../../src/stores/redis/scripts.ts';

/** A way to a Redis on which what passes is counted, and which can be cut. */
export interface RedisWay {
  readonly url: string;
  /**
   * The round trips since the way was opened or `forget` was called, each with its commands: a new one begins with what a client
   * writes after it has received an answer on that connection. Our own scripts are called by their names.
   */
  readonly trips: readonly (readonly string[])[];
  forget(): void;
  /** Nothing passes any more, and nobody is let in, as when a machine has lost its network. */
  cut(): void;
  /** Whoever comes now is let in again. */
  mend(): void;
  close(): Promise<void>;
}

const names = new Map(
  Object.entries(scripts).map(([name, { lua }]) => [createHash('sha1').update(lua).digest('hex'), name]),
);

/** Called with each command before it is carried out, and after: with what is written together, at once. Does not pass what it cuts off. */
export type Meet = (command: string, when: 'before' | 'after') => void;

/** Opens a way to the Redis on a port of this machine. */
export async function openRedisWay(port: number, meet: Meet = () => undefined): Promise<RedisWay> {
  const trips: string[][] = [];
  const sockets = new Set<Socket>();
  let isCut = false;

  const listener = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    const read = createReader();
    let trip: string[] | undefined;
    const unanswered: string[] = [];
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (bytes) => {
      const commands = read(bytes);
      if (trip === undefined) trips.push((trip = []));
      trip.push(...commands);
      for (const command of commands) meet(command, 'before');
      unanswered.push(...commands);
      if (!server.destroyed) server.write(bytes);
    });
    server.on('data', (bytes) => {
      trip = undefined;
      for (const command of unanswered.splice(0)) meet(command, 'after');
      if (!client.destroyed) client.write(bytes);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The socket has no port');

  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    trips,
    forget: () => void trips.splice(0),
    cut() {
      isCut = true;
      destroyAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      destroyAll();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Reads the names of commands from what a client writes, in pieces of any size: arrays of strings with their lengths before them. */
function createReader() {
  let rest = Buffer.alloc(0);
  return (bytes: Buffer): readonly string[] => {
    rest = Buffer.concat([rest, bytes]);
    const found: string[] = [];
    for (let command = readCommand(rest); command !== undefined; command = readCommand(rest)) {
      found.push(nameOf(command.words));
      rest = rest.subarray(command.length);
    }
    return found;
  };
}

function readCommand(bytes: Buffer): { readonly words: readonly string[]; readonly length: number } | undefined {
  let position = 0;
  const readNumber = (): number | undefined => {
    const end = bytes.indexOf('\r\n', position);
    if (end === -1) return undefined;
    const number = Number(bytes.toString('latin1', position + 1, end));
    position = end + 2;
    return number;
  };
  const count = readNumber();
  if (count === undefined) return undefined;
  const words: string[] = [];
  while (words.length < count) {
    const length = readNumber();
    if (length === undefined || bytes.length < position + length + 2) return undefined;
    words.push(bytes.toString('utf8', position, position + length));
    position += length + 2;
  }
  return { words, length: position };
}

function nameOf([command = '', script = '']: readonly string[]): string {
  const name = command.toLowerCase();
  if (name === 'eval') return names.get(createHash('sha1').update(script).digest('hex')) ?? 'script';
  return name === 'evalsha' ? (names.get(script) ?? 'script') : name;
}
