import { GatewayError } from '../../errors/index.ts';
import type { Log, LogPlace, LogReader } from '../log.ts';
import { type Client, type Connection, connect, type RedisPlace } from './connection.ts';
import type { Keys } from './keys.ts';
import { placeOf, startReading } from './log-reader.ts';

export interface RedisLogOptions {
  /** About how many entries are kept. */
  readonly maxEntries?: number;
  /** How long an entry is kept, and read by a process that begins, in milliseconds. */
  readonly keepMs?: number;
  /** How long one question for new entries waits for them, in milliseconds. */
  readonly blockMs?: number;
}

/** Our choice: longer than a reply may take, so that of each reply under way its beginning is read. */
const defaults = { maxEntries: 50_000, keepMs: 360_000, blockMs: 4_000 };

/** How much longer than it is to wait at most a question may take. */
const answerMs = 2_000;

/** Where the log is, and the connection by which it is written. */
export interface LogStream {
  readonly connection: Pick<Connection, 'ask'>;
  readonly place: RedisPlace;
  readonly keys: Pick<Keys, 'log'>;
}

interface Waiting {
  readonly topic: string;
  readonly note: unknown;
  readonly resolve: (place: LogPlace) => void;
  readonly reject: (reason: GatewayError) => void;
}

/**
 * A log in one stream of Redis, which all processes read by one connection each that waits for entries, however many wait for them in
 * the process. While Redis is away it tries for ever, and reads on from where it was.
 */
export async function openRedisLog<Note>(
  { connection, place, keys: { log: row } }: LogStream,
  reader: LogReader<Note>,
  options: RedisLogOptions = {},
): Promise<Log<Note>> {
  const settings = { ...defaults, ...options };
  const closing = new AbortController();
  const { client: readerClient } = await connect(place, settings.blockMs + answerMs);
  const reading = startReading<Note>({ ...settings, client: readerClient, row, reader, closing: closing.signal });
  let queue: Waiting[] = [];
  let sending: Promise<void> | undefined;

  /** One write for all that waits; the next one follows its answer, so that on no path an entry overtakes another. */
  async function send(): Promise<void> {
    for (let batch = take(); batch.length > 0; batch = take()) {
      try {
        const ids = await connection.ask((client) => append(client, row, batch, settings.maxEntries));
        for (const [index, { resolve }] of batch.entries()) resolve(placeOf(ids[index] ?? ''));
        reading.appended(ids.at(-1) ?? '');
      } catch (thrown) {
        // What came after it would stand alone.
        for (const { reject } of [...batch, ...take()]) reject(thrown as GatewayError); // `ask` throws nothing else
      }
    }
    sending = undefined;
  }
  function take(): Waiting[] {
    const batch = queue;
    queue = [];
    return batch;
  }
  /** What nobody would read any more goes, and at last all of it, when nobody writes any more. */
  async function trim(): Promise<void> {
    const newest = reading.newest();
    if (newest === undefined) return;
    await connection.ask((client) =>
      client
        .pipeline()
        .xtrim(row, 'MINID', '~', newest[0] - settings.keepMs)
        .pexpire(row, settings.keepMs * 2)
        .exec(),
    );
  }
  // What fails here is done the next time.
  const trimming = setInterval(() => void trim().catch(() => undefined), settings.keepMs / 6).unref();

  await reading.caughtUp;
  return {
    append(topic, note) {
      return new Promise((resolve, reject) => {
        if (closing.signal.aborted) throw new GatewayError('store-unavailable', 'The log is closed');
        queue.push({ topic, note, resolve, reject });
        sending ??= Promise.resolve().then(send);
      });
    },
    async close() {
      closing.abort();
      clearInterval(trimming);
      // It may be waiting for entries: nothing that is asked after that would be answered soon.
      readerClient.disconnect();
      await reading.over;
      await sending;
    },
  };
}

/** The ids of the entries, in their order. Throws what Redis says of the first that does not stand there. */
async function append(client: Client, row: string, batch: readonly Waiting[], maxEntries: number): Promise<string[]> {
  const pipeline = client.pipeline();
  for (const { topic, note } of batch) {
    pipeline.xadd(row, 'MAXLEN', '~', maxEntries, '*', 'topic', topic, 'note', JSON.stringify(note));
  }
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([failure, id]) => {
    if (failure) throw failure;
    return String(id);
  });
}
