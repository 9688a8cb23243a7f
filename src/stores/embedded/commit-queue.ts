import { GatewayError, toGatewayError } from '../../errors/index.ts';
import type { StoreWatch } from '../store.ts';
import type { Database, Write } from './database.ts';
import { addLoads, type Load, loadOf, noLoad } from './growth.ts';
import type { Key } from './keys.ts';

/** The rows as one change sees them: what is committed, what earlier changes drafted, and its own. */
export interface Draft {
  get<V>(key: Key<V>): V | undefined;
  put<V>(key: Key<V>, value: V): void;
  remove(key: Key<unknown>): void;
}

/** Puts changes in order. */
export interface CommitQueue {
  /**
   * Runs a change after all that were given before it, and resolves with its result when it is on the disk. Changes
   * that wait together share a commit. A change that throws changes nothing; a commit that fails fails all of its own. While the disk
   * has no room, a change that adds to the store is refused with `store-unavailable`; one that takes away is made.
   */
  run<T>(change: (draft: Draft) => T): Promise<T>;
  /** Resolves when all changes that were given are on the disk or have failed. */
  idle(): Promise<void>;
}

interface Job {
  /** Runs the change; gives back what is to be called when it is on the disk. */
  readonly apply: (draft: Draft) => () => void;
  readonly reject: (error: GatewayError) => void;
}

/** A commit takes at most so many changes, so that a crowd of them does not hold up the loop. */
const maxChanges = 1000;

/**
 * Between two commits, while changes wait: more of them share the next one, which costs the loop as much for one as for twenty. A
 * change that finds nothing under way waits for nothing. In milliseconds.
 */
const breathMs = 1;

/**
 * A queue over a database that nobody else writes to. Changes are worked out here against a draft and only their
 * outcome goes to the engine, as one batch for its writing thread. Measured against `transaction()` of lmdb 3.5, which
 * calls back into the loop from the open transaction: about a quarter less CPU per commit when there is one writer at
 * a time, the same at 32, no page work on the loop, and a change can fail without a child transaction.
 */
export function createCommitQueue(database: Database, asked?: StoreWatch): CommitQueue {
  let waiting: Job[] = [];
  let isDraining = false;
  let whenIdle: (() => void)[] = [];

  const drain = (): void => {
    const batch = gather(database, waiting);
    commit(database, batch, (isSettled) => {
      // Where there was no room, what adds to the store is refused, and the rest is worked out anew.
      if (isSettled) waiting = waiting.slice(batch.jobs.length);
      if (waiting.length > 0) {
        setTimeout(drain, breathMs);
        return;
      }
      isDraining = false;
      for (const resolve of whenIdle) resolve();
      whenIdle = [];
    });
  };

  return {
    run: (change) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now();
        waiting.push({
          apply: (draft) => {
            const result = change(draft);
            return () => {
              asked?.('commit', (performance.now() - startedAt) / 1_000);
              resolve(result);
            };
          },
          reject,
        });
        if (isDraining) return;
        isDraining = true;
        // All that this turn of the loop brings shares the first commit.
        setImmediate(drain);
      }),
    idle: () => (isDraining ? new Promise((resolve) => whenIdle.push(resolve)) : Promise.resolve()),
  };
}

/** Changes that share a commit, and what they ask of the disk. */
interface Batch {
  readonly jobs: readonly Job[];
  readonly settlements: readonly (() => void)[];
  readonly writes: readonly Write[];
  readonly load: Load;
  /** Whether nothing of it adds to the store. */
  readonly takesAway: boolean;
}

/** The first of the changes that wait, so many as may share a commit. */
function gather(database: Database, waiting: readonly Job[]): Batch {
  const { room, pageSize } = database;
  const takesAway = room.refusal !== undefined;
  const rows = new Map<string, Write>();
  const jobs: Job[] = [];
  const settlements: (() => void)[] = [];
  let load = noLoad;
  for (const job of waiting) {
    if (jobs.length === maxChanges || bytesOf(load, pageSize) >= room.mostBytes) break;
    const own = new Map<string, Drafted>();
    jobs.push(job);
    try {
      const settle = job.apply(createDraft(database, rows, own));
      const writes = Array.from(own.values(), toWrite);
      if (room.refusal !== undefined && adds(writes, { database, rows })) throw room.refusal;
      for (const write of writes) {
        rows.set(write.key, write);
        load = addLoads(load, loadOf(write, pageSize));
      }
      settlements.push(settle);
    } catch (thrown) {
      settlements.push(() => job.reject(toGatewayError(thrown)));
    }
  }
  return { jobs, settlements, writes: [...rows.values()], load, takesAway };
}

/** What a commit may come to: for each row a page, one beside it and those above. */
const bytesOf = ({ rows, ownPages }: Load, pageSize: number): number => (4 * rows + ownPages) * pageSize;

/** Tells `whenOver` whether the batch is settled; it is not where there was no room for what it adds. */
function commit(
  database: Database,
  { jobs, settlements, writes, load, takesAway }: Batch,
  whenOver: (isSettled: boolean) => void,
): void {
  const settle = (): void => {
    for (const resolve of settlements) resolve();
    whenOver(true);
  };
  const fail = (cause: unknown): void => {
    const isRefused = !takesAway && database.room.refusal !== undefined && cause === database.room.refusal;
    if (!isRefused) {
      const error =
        cause instanceof GatewayError
          ? cause
          : new GatewayError('store-unavailable', 'The store could not write; check the disk', { cause });
      for (const { reject } of jobs) reject(error);
    }
    whenOver(!isRefused);
  };
  if (writes.length === 0) {
    settle();
    return;
  }
  const making = database.room.make(load, takesAway);
  const committing = making === undefined ? database.commit(writes) : making.then(() => database.commit(writes));
  committing.then(settle, fail);
}

/** A change that hardly makes a row longer, in bytes, such as another name or a later moment. */
const hardlyLonger = 1_024;

/** Whether a change leaves more rows than there were, or longer ones. */
function adds(
  writes: readonly Write[],
  { database, rows }: { readonly database: Database; readonly rows: ReadonlyMap<string, Write> },
): boolean {
  let moreRows = 0;
  let moreText = 0;
  for (const { key, text } of writes) {
    const known = rows.get(key);
    const before = known === undefined ? textOf(database.get(key)) : known.text;
    moreRows += Number(text !== undefined) - Number(before !== undefined);
    moreText += (text?.length ?? 0) - (before?.length ?? 0);
  }
  return moreRows > 0 || moreText > hardlyLonger;
}

/** A row that is to be written; without a value it is to be removed. */
type Drafted = Omit<Write, 'text'>;

const toWrite = ({ key, value }: Drafted): Write => ({ key, value, text: textOf(value) });

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

function createDraft(database: Database, rows: ReadonlyMap<string, Drafted>, own: Map<string, Drafted>): Draft {
  return {
    get: <V>(key: Key<V>) => {
      const row = own.get(key) ?? rows.get(key);
      return row === undefined ? database.get(key) : (row.value as V | undefined); // put there under the same typed key
    },
    put(key, value) {
      own.set(key, { key, value });
    },
    remove(key) {
      own.set(key, { key, value: undefined });
    },
  };
}
