import { setTimeout as wait } from 'node:timers/promises';
import { comparePlaces, type LogEntry, type LogPlace, type LogReader } from '../log.ts';
import type { Client } from './connection.ts';

export interface ReadingOptions<Note> {
  /** For this alone: what else is asked by it would wait with it. */
  readonly client: Client;
  readonly row: string;
  readonly reader: LogReader<Note>;
  readonly maxEntries: number;
  readonly keepMs: number;
  readonly blockMs: number;
  /** Aborts when nothing more is to be read. */
  readonly closing: AbortSignal;
}

/** The reading of a stream. */
export interface StreamReading {
  /** Resolves when all is read that was there before, or Redis is found to be away. */
  readonly caughtUp: Promise<void>;
  /** Resolves when nothing more is read. */
  readonly over: Promise<void>;
  /** An entry of this process stands there: it will be read, or another stream is being read than is written. */
  appended(id: string): void;
  /** The place of the newest entry that was read. */
  newest(): LogPlace | undefined;
}

type Row = readonly [id: string, fields: readonly string[]];

/** At most so many entries come at once. */
const pageSize = 1_000;
/** Between two attempts while Redis is away, in milliseconds. */
const pauseMs = 100;

/** An entry's id, as Redis has it. */
export function placeOf(id: string): LogPlace {
  const [time, count] = id.split('-').map(Number);
  return [time ?? 0, count ?? 0];
}

/** Reads a stream until it is told to end. What fails is tried again: nothing is lost while it reads on from the last entry. */
export function startReading<Note>(options: ReadingOptions<Note>): StreamReading {
  const { client, row, reader, keepMs, blockMs, closing } = options;
  // A page may not be all that is kept: one that is whole says that there is more, which may have been dropped meanwhile.
  const count = Math.max(1, Math.min(pageSize, Math.floor(options.maxEntries / 2)));
  let last: string | undefined;
  /** Whether an entry was read under that id. */
  let isEntry = false;
  let readAt = performance.now();
  let written: LogPlace = [0, 0];
  let caughtUp = (): void => undefined;
  const whenCaughtUp = new Promise<void>((resolve) => {
    caughtUp = resolve;
  });

  const isThere = async (id: string): Promise<boolean> => (await client.xrange(row, id, id)).length > 0;
  /** Begins anew at the end of the stream. */
  async function giveUp(): Promise<void> {
    const [tail] = await client.xrevrange(row, '+', '-', 'COUNT', 1);
    last = tail?.[0] ?? '0-0';
    isEntry = tail !== undefined;
    reader.lost();
  }
  async function begin(): Promise<string> {
    if (last !== undefined) return last;
    const [seconds] = await client.time();
    last = `${Math.max(0, Number(seconds) * 1_000 - keepMs)}-0`;
    return last;
  }
  function deliver(rows: readonly Row[]): void {
    for (const [id, [, topic = '', , text = '']] of rows) {
      last = id;
      isEntry = true;
      reader.entry(entryOf(id, topic, text));
    }
  }
  /** Reads once; whether there may be more. */
  async function read(block: readonly ['BLOCK', number] | readonly []): Promise<boolean> {
    const after = await begin();
    const awaited = written;
    const found = await ask(block, after);
    const rows = found?.[0]?.[1] ?? [];
    const pausedMs = performance.now() - readAt;
    readAt = performance.now();
    if (rows.length === 0 && block.length > 0 && comparePlaces(awaited, placeOf(after)) > 0) return readElsewhere();
    // Somebody far behind may have been overtaken by what is dropped; and where nothing comes, another node may be read, which has less.
    const isDoubtful = rows.length === 0 || rows.length === count || pausedMs > blockMs;
    if (isDoubtful && isEntry && !(await isThere(after))) await giveUp();
    else deliver(rows);
    return rows.length === count;
  }
  async function ask(block: readonly ['BLOCK', number] | readonly [], after: string) {
    return block.length === 0
      ? client.xread('COUNT', count, 'STREAMS', row, after)
      : client.xread('COUNT', count, ...block, 'STREAMS', row, after);
  }
  /** A server that is no longer the one to be written to is left. */
  function readElsewhere(): never {
    written = [0, 0];
    client.disconnect(true);
    throw new Error('What was written is not read');
  }
  async function run(): Promise<void> {
    let mayBeGone = false;
    let more = true;
    while (!closing.aborted) {
      try {
        if (mayBeGone && isEntry && last !== undefined && !(await isThere(last))) await giveUp();
        mayBeGone = false;
        more = await read(more ? [] : ['BLOCK', blockMs]);
        if (!more) caughtUp();
      } catch {
        caughtUp();
        mayBeGone = true;
        await wait(pauseMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
      }
    }
  }

  return {
    caughtUp: whenCaughtUp,
    over: run().finally(caughtUp),
    appended(id) {
      const place = placeOf(id);
      if (comparePlaces(place, written) > 0) written = place;
    },
    newest: () => (isEntry && last !== undefined ? placeOf(last) : undefined),
  };
}

function entryOf<Note>(id: string, topic: string, text: string): LogEntry<Note> {
  let unread = text;
  let note: Note | undefined;
  return {
    place: placeOf(id),
    topic,
    size: text.length,
    read() {
      note ??= JSON.parse(unread) as Note; // as it was appended
      unread = '';
      return note;
    },
  };
}
