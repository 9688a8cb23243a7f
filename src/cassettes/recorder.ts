import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { Dialect } from '../dialects/dialect.ts';
import {
  bodyOf,
  type Ending,
  type RecordedChunk,
  type RecordedExchange,
  type RecordedHeaders,
  type TextPolicy,
  writeBytes,
} from './exchange.ts';
import { createMask, type Mask } from './mask.ts';
import { mayBeRecorded, operationOf } from './operation.ts';

export interface RecorderSettings {
  /** It is appended to; only its owner may read it. */
  readonly file: string;
  readonly text: TextPolicy;
  /** When the file has so many bytes, nothing more is recorded. */
  readonly maxBytes: number;
  /** Milliseconds, never going back. */
  readonly now?: () => number;
}

export interface RecordedHead {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly headers: RecordedHeaders;
}

/** One exchange, told as it happens. Nothing of it waits for the file. */
export interface Recording {
  sent(bytes: Uint8Array): void;
  head(status: number, headers: RecordedHeaders): void;
  chunk(bytes: Uint8Array): void;
  /** Only then is it written. What is told after it is passed over. */
  end(how: Ending): void;
}

export interface Recorder {
  /** `undefined` for what is not recorded: contacts, uploads, what is none of the dialect's, and what comes beyond a bound. */
  begin(dialect: Dialect, head: RecordedHead): Recording | undefined;
  /** Exchanges that were not recorded, by reason. */
  readonly skipped: Readonly<Record<Skipped, number>>;
  /** Ends when all that ended before is in the file. Throws what the file could not take. */
  close(): Promise<void>;
}

/** Of no endpoint, or of none that may be; longer than 8 MiB; a file that is full, or that does not keep up; an encoding that cannot be read. */
export type Skipped = 'operation' | 'long' | 'full' | 'late' | 'encoding';

const longest = 8 * 1024 * 1024;
/** What waits for the file. Our choice: some of the longest exchanges. */
const mostWaiting = 32 * 1024 * 1024;
/** What the exchanges under way hold together. */
const mostHeld = 64 * 1024 * 1024;

export async function createRecorder(settings: RecorderSettings): Promise<Recorder> {
  const file = await open(settings.file, 'a', 0o600);
  await file.chmod(0o600);
  const writer = createWriter(file, await sizeBefore(file), settings.maxBytes);
  const key = randomBytes(16).toString('hex');
  const masks = new Map<string, Mask>();
  const skipped: Record<Skipped, number> = { operation: 0, long: 0, full: 0, late: 0, encoding: 0 };
  const now = settings.now ?? (() => performance.now());
  let held = 0;
  return {
    skipped,
    begin(dialect, head) {
      const [path = '', ...query] = head.target.split('?');
      const operation = operationOf(dialect, { method: head.method, path });
      const reason = operation === undefined || !mayBeRecorded(operation) ? 'operation' : writer.refusal();
      if (operation === undefined || reason !== undefined) {
        skipped[reason ?? 'operation'] += 1;
        return undefined;
      }
      const mask = masks.get(dialect.name) ?? createMask(dialect, key);
      masks.set(dialect.name, mask);
      const { method, headers } = head;
      return record({
        now,
        hold(bytes) {
          held += bytes;
          return held <= mostHeld;
        },
        request: { method, headers, path, query: query.join('?') },
        skip: (why) => {
          skipped[why] += 1;
        },
        write(exchanged, at) {
          const { text } = settings;
          const line: RecordedExchange = {
            cassette: 1,
            at,
            dialect: dialect.name,
            operation,
            text,
            ...mask.exchange(exchanged, text),
          };
          writer.write(`${JSON.stringify(line)}\n`);
        },
      });
    },
    close: writer.close,
  };
}

/** A line that was cut off before is ended first. */
async function sizeBefore(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size > 0) await file.write('\n');
  return size;
}

interface Keeping {
  readonly now: () => number;
  /** Counts what is held, or no longer; false if that is too much for all together. */
  hold(bytes: number): boolean;
  readonly request: Omit<RecordedExchange['request'], 'body'>;
  skip(why: Skipped): void;
  write(exchanged: Pick<RecordedExchange, 'request' | 'answer'>, at: string): void;
}

function record({ now, hold, request, skip, write }: Keeping): Recording {
  const at = new Date().toISOString();
  const start = now();
  const since = (): number => Math.round((now() - start) * 10) / 10;
  const sent: Uint8Array[] = [];
  let chunks: RecordedChunk[] = [];
  let head: { readonly status: number; readonly headers: RecordedHeaders } | undefined;
  let bytes = 0;
  let isOver = false;
  const finish = (): void => {
    isOver = true;
    hold(-bytes);
  };
  const take = (more: Uint8Array): boolean => {
    if (isOver) return false;
    bytes += more.byteLength;
    const fits = hold(more.byteLength);
    if (fits && bytes <= longest) return true;
    finish();
    sent.length = 0;
    chunks = [];
    skip(fits ? 'long' : 'late');
    return false;
  };
  return {
    sent(more) {
      if (take(more)) sent.push(Buffer.from(more)); // what is told may be written over
    },
    head(status, headers) {
      head = { status, headers };
    },
    chunk(more) {
      if (take(more)) chunks.push({ ms: since(), ...writeBytes(Buffer.from(more)) });
    },
    end(how) {
      if (isOver) return;
      finish();
      const plain = decompress({ ...head, chunks, end: how, ms: since() });
      if (plain === undefined) skip('encoding');
      else write({ request: { ...request, body: writeBytes(Buffer.concat(sent)) }, answer: plain }, at);
    },
  };
}

type Answer = RecordedExchange['answer'];

/** What is compressed hides words and secrets: it is kept as what it was before, in one piece. */
function decompress(answer: Answer): Answer | undefined {
  const { 'content-encoding': encoding, 'content-length': _, ...headers } = answer.headers ?? {};
  if (encoding === undefined || encoding === 'identity') return answer;
  try {
    const packed = bodyOf(answer);
    const bound = { maxOutputLength: longest };
    const whole = encoding === 'br' ? brotliDecompressSync(packed, bound) : unzipSync(packed, bound);
    return { ...answer, headers, chunks: [{ ms: answer.chunks.at(-1)?.ms ?? answer.ms, ...writeBytes(whole) }] };
  } catch {
    return undefined;
  }
}

/** Lines written one group after another, in their order. */
function createWriter(file: FileHandle, sizeNow: number, maxBytes: number) {
  let size = sizeNow;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const drain = async (): Promise<void> => {
    try {
      while (waiting.length > 0) {
        const group = waiting.join('');
        waiting = [];
        waitingBytes = 0;
        await file.appendFile(group);
      }
    } catch (thrown) {
      failure = thrown;
    } finally {
      writing = undefined;
    }
  };
  return {
    refusal: (): Skipped | undefined =>
      failure !== undefined || size >= maxBytes ? 'full' : waitingBytes > mostWaiting ? 'late' : undefined,
    write(line: string): void {
      size += Buffer.byteLength(line);
      waitingBytes += line.length;
      waiting.push(line);
      writing ??= drain();
    },
    async close(): Promise<void> {
      while (writing !== undefined) await writing;
      await file.close();
      if (failure !== undefined) throw new Error('The cassette could not be written', { cause: failure });
    },
  };
}
