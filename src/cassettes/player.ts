import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { dialects } from '../dialects/registry.ts';
import {
  type RecordedExchange,
  type RecordedRequest,
  readBytes,
  readLine,
  type TextPolicy,
  writeBytes,
} from './exchange.ts';
import { createMask, type Mask } from './mask.ts';
import { isPacked, readCassette, unpack } from './reader.ts';

export interface PlayerSettings {
  readonly file: string;
  /** 0: any that is free. */
  readonly port: number;
  /** As it was, or without the pauses. */
  readonly pace: 'real' | 'fast';
}

export interface Player {
  readonly url: string;
  /** How many exchanges the cassette has. */
  readonly exchanges: number;
  close(): Promise<void>;
}

interface Place {
  readonly at: number;
  readonly length: number;
}

/** Requests of one kind, in the order of the cassette; the last one is repeated. */
interface Queue {
  readonly places: Place[];
  next: number;
}

/**
 * Plays the server of a cassette on 127.0.0.1: each request gets what the first one like it got, then the second, and the last one again and
 * again. Alike are those of one method, path, query and body, less what the recording left out; where no body is alike, those of any body.
 */
export async function play({ file, port, pace }: PlayerSettings): Promise<Player> {
  const { plain, remove } = await unpacked(file);
  const index = await readIndex(plain);
  const handle = await open(plain);
  const server = createServer((request, response) => {
    answer({ request, response, index, handle, pace }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    exchanges: index.exchanges,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await handle.close();
      await remove();
    },
  };
}

/** Lines are read from where they stand: of a packed cassette there is an unpacked one for as long as it is played. */
async function unpacked(file: string) {
  if (!(await isPacked(file))) return { plain: file, remove: () => Promise.resolve() };
  const plain = join(tmpdir(), `cassette-${randomUUID()}`);
  await pipeline(await unpack(file), createWriteStream(plain, { mode: 0o600 }));
  return { plain, remove: () => rm(plain, { force: true }) };
}

interface Index {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly masks: ReadonlyMap<string, Mask>;
  readonly policies: ReadonlySet<TextPolicy>;
  readonly exchanges: number;
}

async function readIndex(file: string): Promise<Index> {
  const queues = new Map<string, Queue>();
  const masks = new Map<string, Mask>();
  const policies = new Set<TextPolicy>();
  let exchanges = 0;
  for await (const { exchange, at, length } of readCassette(file)) {
    const { dialect, text, request } = exchange;
    const mask = masks.get(dialect) ?? maskOf(dialect);
    masks.set(dialect, mask);
    policies.add(text);
    exchanges += 1;
    for (const name of namesOf(request, mask, text)) {
      const queue = queues.get(name) ?? { places: [], next: 0 };
      queue.places.push({ at, length });
      queues.set(name, queue);
    }
  }
  return { queues, masks, policies, exchanges };
}

function maskOf(name: string): Mask {
  const dialect = dialects.find((each) => each.name === name);
  if (dialect === undefined) throw new Error(`The cassette is of a dialect that is not known here: ${name}`);
  return createMask(dialect);
}

/** What requests that are alike have in common, the strictest first. A recording masks its requests, so what comes is masked as it was. */
function namesOf(request: RecordedRequest, mask: Mask, text: TextPolicy): readonly string[] {
  const { request: masked } = mask.exchange({ request, answer: { chunks: [], end: 'whole', ms: 0 } }, text);
  const { method, path, query, body } = masked;
  return [
    [text, method, path, query, body],
    [text, method, path, query],
  ].map((parts) => JSON.stringify(parts));
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly index: Index;
  readonly handle: FileHandle;
  readonly pace: PlayerSettings['pace'];
}

async function answer({ request, response, index, handle, pace }: Asked): Promise<void> {
  const sent: Buffer[] = [];
  for await (const bytes of request) sent.push(bytes as Buffer); // no encoding is set
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const place = find(index, {
    method: request.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    body: writeBytes(Buffer.concat(sent)),
  });
  const exchange = place && (await readPlace(handle, place));
  if (exchange === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: `The cassette has no answer to ${request.method ?? ''} ${path}` }));
    return;
  }
  await tell(exchange, response, pace);
}

function find({ queues, masks, policies }: Index, request: RecordedRequest): Place | undefined {
  const names = [...masks.values()].flatMap((mask) => [...policies].map((text) => namesOf(request, mask, text)));
  for (const strictness of [0, 1]) {
    const queue = names.map((each) => queues.get(each[strictness] ?? '')).find((each) => each !== undefined);
    if (queue === undefined) continue;
    const place = queue.places[Math.min(queue.next, queue.places.length - 1)];
    queue.next += 1;
    return place;
  }
  return undefined;
}

async function readPlace(handle: FileHandle, { at, length }: Place): Promise<RecordedExchange | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, at);
  return readLine(buffer.toString('utf8'));
}

/** Of the connection, which is another one. */
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'date'];

async function tell({ answer: recorded }: RecordedExchange, response: ServerResponse, pace: string): Promise<void> {
  const started = performance.now();
  const pause = (ms: number) => (pace === 'real' ? wait(Math.max(0, started + ms - performance.now())) : turn());
  const { status, headers = {}, chunks, end } = recorded;
  if (status !== undefined) {
    const kept = Object.entries(headers).filter(([name]) => !ofConnection.includes(name));
    response.sendDate = false;
    response.writeHead(status, Object.fromEntries(kept.map(([name, value]) => [name, [value].flat()])));
    response.flushHeaders();
  }
  for (const chunk of chunks) {
    await pause(chunk.ms);
    if (response.closed) return;
    await new Promise((written) => response.write(readBytes(chunk), written));
  }
  await pause(recorded.ms);
  if (end === 'whole') response.end();
  else if (end === 'reset') response.socket?.resetAndDestroy();
  else response.socket?.end();
}
