import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { parseUpstreamJson } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import { createSseParser, type SseMessage } from '../sse/index.ts';
import { createInbox, type Inbox, type Tap } from './inbox.ts';

/** A document from upstream may be as large as this, in bytes. Our choice: a reply of the longest text and a thousand items fits. */
export const maxDocumentBytes = 8_388_608;

const decompressors: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** What of a body may wait to be read. */
const maxWaitingBytes = 65_536;

/** A body on its way: where its bytes come in, and where they are taken. */
export interface Body {
  push(bytes: Buffer): void;
  end(): void;
  fail(error: Error): void;
  readonly inbox: Inbox<Buffer>;
}

/**
 * A body that pauses the connection while too much of it waits, decompressed where it says that it is compressed. Throws
 * `upstream-protocol` for a way that we do not know.
 */
export function openBody(connection: Tap, encoding: string): Body {
  if (encoding === '' || encoding === 'identity') return toBody(createInbox<Buffer>(connection, maxWaitingBytes));
  const decompressor = decompressors[encoding.toLowerCase()]?.();
  if (decompressor === undefined) {
    throw new GatewayError('upstream-protocol', `The body has an encoding that is not known: ${encoding.slice(0, 40)}`);
  }
  // A small body may hide a large one: what comes out is held back, and with it what goes in.
  const inbox = createInbox<Buffer>(decompressor, maxWaitingBytes);
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

function toBody(inbox: Inbox<Buffer>): Body {
  return { inbox, push: (bytes) => inbox.push(bytes, bytes.length), end: inbox.end, fail: inbox.fail };
}

/** The whole body as JSON. Throws `upstream-protocol` if it is none, or too much. Never shows what stands in it. */
export async function readDocument(inbox: Inbox<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let taken = await inbox.take(); taken !== undefined; taken = await inbox.take()) {
    for (const chunk of taken) {
      chunks.push(chunk);
      size += chunk.length;
    }
    if (size > maxDocumentBytes) {
      throw new GatewayError('upstream-protocol', `The document is longer than ${maxDocumentBytes} bytes`);
    }
  }
  const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  return parseUpstreamJson(new TextDecoder().decode(bytes), `The document of ${size} bytes`);
}

/** The body as server-sent events: what each read from the connection completes, never an empty batch. */
export async function* readMessages(inbox: Inbox<Buffer>): AsyncGenerator<readonly SseMessage[], void, void> {
  const parser = createSseParser();
  for (let taken = await inbox.take(); taken !== undefined; taken = await inbox.take()) {
    const messages =
      taken.length === 1 ? parser.push(taken[0] as Buffer) : taken.flatMap((bytes) => parser.push(bytes)); // one is there
    if (messages.length > 0) yield messages;
  }
  const last = parser.end();
  if (last.length > 0) yield last;
}
