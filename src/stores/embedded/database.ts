import { access, constants, mkdir } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import { isSystemError } from '../disk.ts';
import { currentFormat, refuseMark } from '../format.ts';
import { checkDataFile } from './data-file.ts';
import { formatKey, type Key, type KeyRange } from './keys.ts';
import { checkRoom, openRoom, type Pages, type Room, type RoomOptions } from './room.ts';
import { createRowCache } from './row-cache.ts';

/** A row that is to be written, its value and the same as JSON; without text it is to be removed. */
export interface Write {
  readonly key: Key<unknown>;
  readonly value: unknown;
  readonly text: string | undefined;
}

export interface Entry<V> {
  readonly key: Key<V>;
  readonly value: V;
}

/** Which rows of a range: at most `limit`, after `offset` that are skipped. */
export interface RangeOptions {
  readonly limit: number;
  readonly offset?: number;
  readonly reverse?: boolean;
}

/** What is committed, and how more becomes so. Reads see every commit whose promise has resolved. */
export interface Database {
  get<V>(key: Key<V>): V | undefined;
  /** The rows of a range, in the order of their keys. */
  entries<V>(range: KeyRange<V>, options: RangeOptions): readonly Entry<V>[];
  /** Writes all or nothing, in a thread of its own; resolves when it is on the disk. One commit at a time, for which `room` was made. */
  commit(writes: readonly Write[]): Promise<void>;
  readonly room: Room;
  readonly pageSize: number;
  /** What the pages take that are in use. */
  usedBytes(): number;
  /** Writes all that is committed at one moment into an empty folder, in a thread of its own; commits go on. It is to end before `close`. */
  copyTo(folder: string): Promise<void>;
  close(): Promise<void>;
}

type Engine = RootDatabase<string, string>;

/**
 * Opens a folder, which is made if it is not there. Throws, naming it, if it is not ours to write, cannot be read, or has no room: the
 * engine does not get to see it then.
 */
export async function openDatabase(folder: string, options: RoomOptions = {}): Promise<Database> {
  try {
    const isNew = !(await checkDataFile(folder));
    await checkRoom(folder, isNew, options.reserveBytes);
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const engine = openEngine(folder);
    try {
      claim(engine);
      checkFormat(engine);
      return fromEngine(engine, await openRoom(folder, () => readPages(engine), options));
    } catch (error) {
      await engine.close();
      throw error;
    }
  } catch (cause) {
    throw new Error(`The data folder ${folder} cannot be opened: ${explainOpening(cause)}`, { cause });
  }
}

function explainOpening(cause: unknown): string {
  if (isSystemError(cause, 'EROFS')) return 'its disk can only be read';
  if (isSystemError(cause, 'EACCES', 'EPERM')) return 'this user may not write there';
  return cause instanceof Error ? cause.message : String(cause);
}

function openEngine(path: string): Engine {
  return open<string, string>({
    path,
    noSubdir: false,
    encoding: 'string',
    // A commit is acknowledged after its flush, not before.
    overlappingSync: false,
    // The commit queue makes the batches: one timer turn less per commit.
    eventTurnBatching: false,
    maxDbs: 1,
  });
}

/**
 * Takes the one place in the reader table. The kernel frees it when the process ends in whatever way, and it is seen
 * across containers too, where process ids mean nothing; a lock file with a process id could do neither.
 */
function claim(engine: Engine): void {
  engine.transactionSync(() => {
    const [owner] = /^ +\d+/m.exec(engine.readerList()) ?? [];
    if (owner !== undefined) {
      throw new Error(`it is in use by another process (pid ${owner.trim()}); one process at a time can have it`);
    }
    engine.useReadTransaction().done();
  });
  // Gives up the snapshot but not the place.
  engine.resetReadTxn();
}

function checkFormat(engine: Engine): void {
  const mark = engine.get(formatKey);
  const isNew = mark === undefined && engine.getKeysCount({ limit: 1 }) === 0;
  const refusal = isNew ? undefined : refuseMark(mark ?? '');
  if (refusal !== undefined) throw new Error(refusal);
  if (isNew) engine.putSync(formatKey, String(currentFormat));
}

/** What the engine tells of its pages. Its types do not say. */
interface EngineStats extends TreeStats {
  readonly pageSize: number;
  readonly treeDepth: number;
  readonly lastPageNumber: number;
  readonly free: TreeStats;
}

interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Two pages say where all others are. */
const headPages = 2;

function readPages(engine: Engine): Pages {
  const stats = engine.getStats() as EngineStats; // `Database.stat`, `Env.info` and `Env.freeStat` of lmdb 3.5
  const { pageSize, treeDepth, treeBranchPageCount: branches, treeLeafPageCount: leaves, lastPageNumber, free } = stats;
  const lists = countPages(free);
  return {
    pageSize,
    depth: treeDepth,
    leaves,
    branches,
    lists,
    all: lastPageNumber + 1,
    used: headPages + countPages(stats) + lists,
  };
}

const countPages = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

function fromEngine(engine: Engine, room: Room): Database {
  const { pageSize } = readPages(engine);
  const cache = createRowCache();
  function entries<V>({ low, high }: KeyRange<V>, { limit, offset = 0, reverse = false }: RangeOptions) {
    if (limit <= 0) return [];
    const borders = reverse ? { start: high, end: low } : { start: low, end: high };
    const rows = engine.getRange({ ...borders, limit, offset, reverse });
    return Array.from(rows, ({ key, value }): Entry<V> => ({ key, value: decode(key, value) }));
  }
  return {
    get(key) {
      const cached = cache.get(key);
      if (cached !== undefined) return cached;
      const text = engine.get(key);
      if (text === undefined) return undefined;
      const value = decode(key, text);
      cache.read(key, value, text);
      return value;
    },
    entries,
    commit(writes) {
      const write = (): void => {
        for (const { key, text } of writes) void (text === undefined ? engine.remove(key) : engine.put(key, text));
      };
      const settle = (): void => {
        cache.written(writes);
        engine.resetReadTxn();
      };
      return engine.batch(write).then(settle, async (error: unknown) => {
        throw await explain(error);
      });
    },
    room,
    pageSize,
    usedBytes: () => readPages(engine).used * pageSize,
    copyTo: (folder) => engine.backup(folder, true),
    async close() {
      await room.close();
      await engine.close();
    },
  };
}

// What a key's type says it holds is what was put there: only typed drafts write.
const decode = <V>(_key: Key<V>, text: string): V => JSON.parse(text) as V;

/** The engine's error carries its reason as another promise, which rejects as well and must not be left alone. */
async function explain(error: unknown): Promise<Error> {
  const reason = error instanceof Error && 'commitError' in error ? error.commitError : undefined;
  const settled = Promise.resolve(reason).catch((cause: unknown) => cause);
  const cause = await Promise.race([settled, new Promise((resolve) => setImmediate(resolve))]);
  return new Error('The commit failed', { cause: cause ?? error });
}
