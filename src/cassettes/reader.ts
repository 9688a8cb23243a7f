import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { type RecordedExchange, readLine } from './exchange.ts';

/** A line is an exchange of 8 MiB, escaped; more is none of ours. */
const longestLine = 64 * 1024 * 1024;

export interface ReadExchange {
  readonly exchange: RecordedExchange;
  /** Where its line begins, and how long it is; of the unpacked file, where that is packed. */
  readonly at: number;
  readonly length: number;
}

/**
 * The exchanges of a cassette, packed with gzip or not, one after another; never more of it in memory than a line. A cassette that was cut
 * off is read up to there; lines that are no exchanges are told to `passedOver`. Throws where there is no such file.
 */
export async function* readCassette(
  file: string,
  passedOver: (line: number) => void = () => undefined,
): AsyncGenerator<ReadExchange, void> {
  let at = 0;
  let line = 0;
  for await (const bytes of linesOf(await unpack(file))) {
    line += 1;
    const exchange = readLine(bytes.toString('utf8'));
    if (exchange !== undefined) yield { exchange, at, length: bytes.length };
    else if (bytes.length > 0) passedOver(line);
    at += bytes.length + 1;
  }
}

/** The bytes of a file, unpacked if it is packed; a packed one that was cut off ends there. */
export async function unpack(file: string): Promise<Readable> {
  const packed = await isPacked(file);
  const raw = createReadStream(file);
  if (!packed) return raw;
  const unpacked = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  raw.once('error', (failure) => unpacked.destroy(failure));
  return Readable.from(untilBroken(raw.pipe(unpacked)));
}

export async function isPacked(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await handle.close();
  }
}

async function* untilBroken(unpacked: Readable): AsyncGenerator<Buffer, void> {
  try {
    for await (const bytes of unpacked) yield bytes as Buffer; // zlib gives buffers
  } catch (failure) {
    const isCutOff = failure instanceof Error && 'code' in failure && String(failure.code).startsWith('Z_');
    if (!isCutOff) throw failure;
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<Buffer, void> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const read of stream) {
    let rest = read as Buffer; // no encoding is set
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield begun.length === 0 ? rest.subarray(0, end) : Buffer.concat([...begun, rest.subarray(0, end)]);
      begun = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) continue;
    length += rest.length;
    if (length > longestLine) throw new Error(`A line is longer than ${longestLine} bytes: this is no cassette`);
    begun.push(rest);
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
