import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { parseUpstreamJson } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import { createSseParser, type SseMessage } from '../sse/index.ts';
import { type BoundedQueue, createBoundedQueue, type Tap } from './bounded-queue.ts';

/** A document from upstream may be as large as this, in bytes. Our choice: a reply of the longest text and a thousand items fits. */
export const maxDocumentBytes = 8_388_608;

/** What may come of a stream in all, and from one event to the next, in bytes: comments are signs of life, and cost work. Our choice. */
const maxStreamBytes = 268_435_456;
const maxQuietBytes = 8_388_608;

const decompressors: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Names for no compression at all, and of what is none. */
const plainEncodings: ReadonlySet<string> = new Set(['', 'identity', 'none', 'utf-8', 'utf8', 'binary', '8bit']);

/** What of a body may wait to be read. */
const maxWaitingBytes = 65_536;

/** A body on its way: where its bytes come in, and where they are taken. */
export interface Body {
  push(bytes: Buffer): void;
  end(): void;
  fail(error: Error): void;
  readonly inbox: BoundedQueue<Buffer>;
}

/**
 * A body that pauses the connection while too much of it waits, decompressed where it says that it is compressed. Throws
 * `upstream-protocol` for a way that we do not know.
 */
export function openBody(connection: Tap, encoding: string): Body {
  if (plainEncodings.has(encoding.toLowerCase()))
    return toBody(createBoundedQueue<Buffer>(connection, maxWaitingBytes));
  const decompressor = decompressors[encoding.toLowerCase()]?.();
  if (decompressor === undefined) {
    throw new GatewayError('upstream-protocol', `The body has an encoding that is not known: ${encoding.slice(0, 40)}`);
  }
  // A small body may hide a large one: what comes out is held back, and with it what goes in.
  const inbox = createBoundedQueue<Buffer>(decompressor, maxWaitingBytes);
  const plain = toBody(inbox);
  decompressor.on('data', plain.push);
  decompressor.on('end', plain.end);
  decompressor.on('drain', () => connection.resume());
  decompressor.on('error', (cause) => {
    plain.fail(new GatewayError('upstream-protocol', 'The compressed body cannot be read', { cause }));
  });
  return {
    inbox,
    push(bytes) {
      if (!decompressor.write(bytes)) connection.pause();
    },
    end: () => void decompressor.end(),
    fail(error) {
      plain.fail(error);
      decompressor.destroy();
    },
  };
}

function toBody(inbox: BoundedQueue<Buffer>): Body {
  return { inbox, push: (bytes) => inbox.push(bytes, bytes.length), end: inbox.end, fail: inbox.fail };
}

/** An inbox whose beginning can be looked at without taking it. */
export interface Peek extends Pick<BoundedQueue<Buffer>, 'take' | 'takeAll'> {
  /** The first bytes that are not white space, with what stands before them; empty at the end of a body without any. */
  beginning(): Promise<Buffer>;
}

/** What was looked at is taken first. */
export function createPeek(inbox: BoundedQueue<Buffer>): Peek {
  let seen: Buffer[] = [];
  const seenBytes = (): Buffer => (seen.length === 1 ? (seen[0] as Buffer) : Buffer.concat(seen)); // one is there
  const beginning = (): Promise<Buffer> =>
    inbox.take((taken) => {
      if (taken === undefined) return seenBytes();
      seen = [...seen, ...taken];
      const bytes = seenBytes();
      return isBlank(bytes) && bytes.length <= maxWaitingBytes ? beginning() : bytes;
    });
  return {
    beginning: () => (seen.length === 0 ? beginning() : Promise.resolve(seenBytes())),
    take(use) {
      if (seen.length === 0) return inbox.take(use);
      const taken = seen;
      seen = [];
      return Promise.resolve(taken).then(use);
    },
    takeAll: (most, use) => inbox.takeAll(most, (rest) => use([...seen, ...rest])),
  };
}

/** What a body begins as, whatever its type is said to be. */
export type BodyKind = 'document' | 'stream' | 'text';

/** A byte order mark is as good as white space here. */
const isBlank = (bytes: Buffer): boolean => bytes.every(isBlankByte);

const isBlankByte = (byte: number): boolean => byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf;

/** The fields of server-sent events, and the one that some servers tell failures in. */
const streamFields = ['data', 'event', 'id', 'retry', 'error'];

/** JSON begins with a bracket; a stream begins with a comment, a field's name, or what may become one; the rest is text. */
export function kindOf(beginning: Buffer): BodyKind {
  const first = beginning.findIndex((byte) => !isBlankByte(byte));
  const text = first === -1 ? '' : beginning.toString('latin1', first, first + 6);
  if (/^[[{"]/.test(text)) return 'document';
  const [, name = '', next = ''] = /^(\w*)(.?)/s.exec(text) ?? [];
  if (next === '') return streamFields.some((field) => field.startsWith(name)) ? 'stream' : 'text';
  return next === ':' && (name === '' || streamFields.includes(name)) ? 'stream' : 'text';
}

function textOf(chunks: readonly Buffer[]): string {
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks); // one is there
  if (bytes.length <= maxDocumentBytes) return new TextDecoder().decode(bytes);
  throw new GatewayError('upstream-protocol', `The document is longer than ${maxDocumentBytes} bytes`);
}

/** The whole body as text. Throws `upstream-protocol` if it is too much. */
export const readText = (inbox: Pick<Peek, 'takeAll'>): Promise<string> => inbox.takeAll(maxDocumentBytes, textOf);

/** The whole body as JSON. Throws `upstream-protocol` if it is none, or too much. Never shows what stands in it. */
export const readDocument = (inbox: Pick<Peek, 'takeAll'>): Promise<unknown> =>
  inbox.takeAll(maxDocumentBytes, (chunks) => parseUpstreamJson(textOf(chunks), 'The document'));

/**
 * The body as server-sent events: what each read from the connection completes. An empty batch, as after a comment, is a sign of
 * life. Throws `upstream-protocol` for an event over 1 MiB, for 8 MiB without any, and for 256 MiB in all.
 */
export function readMessages(
  inbox: Pick<BoundedQueue<Buffer>, 'take'>,
): AsyncIterableIterator<readonly SseMessage[], void> {
  const parser = createSseParser();
  let bytes = 0;
  let quietSince = 0;
  let isOver = false;
  const parse = (taken: readonly Buffer[] | undefined): IteratorResult<readonly SseMessage[], void> => {
    if (taken === undefined) {
      isOver = true;
      const last = parser.end();
      return last.length > 0 ? { done: false, value: last } : noMore;
    }
    const messages =
      taken.length === 1 ? parser.push(taken[0] as Buffer) : taken.flatMap((chunk) => parser.push(chunk)); // one is there
    for (const { length } of taken) bytes += length;
    if (messages.length > 0) quietSince = bytes;
    if (bytes <= maxStreamBytes && bytes - quietSince <= maxQuietBytes) return { done: false, value: messages };
    throw new GatewayError('upstream-protocol', `The stream says too little in ${bytes} bytes`);
  };
  return {
    next: () => (isOver ? Promise.resolve(noMore) : inbox.take(parse)),
    return() {
      isOver = true;
      return Promise.resolve(noMore);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const noMore = { done: true, value: undefined } as const;
