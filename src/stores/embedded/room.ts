import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayError } from '../../errors/index.ts';
import { isWantOfRoom, lookAtDisk, noRoom, reserveOf, tellOfSpace } from '../disk.ts';
import { type Load, mostPages, type Tree } from './growth.ts';

/** What becomes known of the disk by looking. */
export interface RoomEvents {
  /** What would add to the store is refused from now on. */
  whenFull?(reason: Error): void;
  /** It is taken again. */
  whenRoom?(): void;
  /** What is free for this user, in bytes: told at every look. */
  whenSeen?(freeBytes: number): void;
}

export interface RoomOptions extends RoomEvents {
  /** Kept free on the disk, in bytes; of its size unless told. */
  readonly reserveBytes?: number;
}

/** The engine's pages, and how many of them there are and are used. */
export interface Pages extends Tree {
  readonly all: number;
  readonly used: number;
}

/**
 * Room for commits. The engine's writer does not survive a disk without room, so it never meets one: every page that a commit can add
 * to the data file is written before, with zeros, by us, who survive. So other programs may fill the disk at any moment.
 */
export interface Room {
  /** Why what would add to the store is refused; `undefined` while it is not. */
  readonly refusal: GatewayError | undefined;
  /** A commit asks no more than this, in bytes, unless one change alone does. */
  readonly mostBytes: number;
  /**
   * Makes room for one commit at a time; at once where there is enough. What `mayUseReserve` may go below what is kept free. Throws
   * `store-unavailable` where there is none.
   */
  make(load: Load, mayUseReserve: boolean): Promise<void> | undefined;
  /** Gives back what was not needed. To be called while nobody else can have the data file. */
  close(): Promise<void>;
}

/** Between two looks at the disk, in milliseconds. */
const lookEveryMs = 1_000;
const megabyte = 1_048_576;
const mostCommitBytes = 4 * megabyte;
/** What the engine writes to begin with: its locks, and two pages of its own. */
const openingBytes = 262_144;

/**
 * Throws if there is no room for an engine to be opened: all that it maps at the start must be there. A first start takes the
 * whole reserve, since nothing could be kept below it.
 */
export async function checkRoom(folder: string, isNew: boolean, reserveBytes: number | undefined): Promise<void> {
  const space = await lookAtDisk(folder);
  if (space.totalBytes === 0)
    throw new Error('it is on a file system that keeps no files; set store.path to a folder on a disk');
  const reserve = reserveOf(space, reserveBytes);
  if (space.freeBytes < (isNew ? reserve : openingBytes))
    throw new Error(tellOfSpace(folder, space.freeBytes, reserve));
}

/** The room of an open engine. `readPages` tells of all that is committed. */
export async function openRoom(folder: string, readPages: () => Pages, options: RoomOptions): Promise<Room> {
  const space = await lookAtDisk(folder);
  const reserve = reserveOf(space, options.reserveBytes);
  const mostBytes = Math.min(mostCommitBytes, reserve / 2);
  /** Written ahead at a time: how much the engine has used of it is asked each time, which is dear. */
  const step = mostBytes === mostCommitBytes ? mostCommitBytes : mostBytes / 4;
  const file = await open(join(folder, 'data.mdb'), 'r+');
  let pages = readPages();
  // What stands behind the last page may be a hole: it is written anew.
  let end = pages.all * pages.pageSize;
  /** Pages up to `end` that no commit was given. */
  let ready = 0;
  let refusal: GatewayError | undefined;
  let isToldFull = false;
  /** A quota, or a bound of a file's length: the disk has room, and we may not have it. Only trying tells whether we may again. */
  let isLimited = false;
  let closed = false;

  const unusedOf = ({ all, used, pageSize }: Pages): number => (all - used) * pageSize;
  /** Not while a commit is under way: what it was given is not seen. */
  const readAgain = (): void => {
    pages = readPages();
    end = Math.max(end, pages.all * pages.pageSize);
    ready = Math.floor(end / pages.pageSize) - pages.all;
  };
  const refuse = (freeBytes: number, cause?: unknown): GatewayError => {
    refusal ??= noRoom(tellOfSpace(folder, freeBytes, reserve), cause);
    if (!isToldFull) options.whenFull?.(refusal);
    isToldFull = true;
    return refusal;
  };
  const accept = (): void => {
    refusal = undefined;
    if (isLimited) return;
    if (isToldFull) options.whenRoom?.();
    isToldFull = false;
  };
  /** The reserve is free on the disk, or in the data file itself; to take up writing again, and a commit's worth beside it. */
  const judge = (freeBytes: number): void => {
    options.whenSeen?.(freeBytes);
    // While nothing adds to the store, rows may be removed, and what they stood in is not used.
    const most = Math.max(freeBytes, unusedOf(refusal === undefined ? pages : readPages()));
    if (most < reserve) refuse(freeBytes);
    else if (refusal !== undefined && most >= reserve + mostBytes) accept();
  };
  const look = async (): Promise<number> => {
    const { freeBytes } = await lookAtDisk(folder);
    if (!closed) judge(freeBytes);
    return freeBytes;
  };

  async function extend(load: Load, mayUseReserve: boolean): Promise<void> {
    readAgain();
    const needed = mostPages(load, pages);
    const missing = (needed - ready) * pages.pageSize;
    if (missing <= 0 && (mayUseReserve || ready * pages.pageSize >= step / 2)) {
      take(needed);
      return;
    }
    const free = await look();
    const spare = mayUseReserve || unusedOf(pages) >= reserve ? free : free - reserve;
    if (missing > spare) throw refuse(free);
    try {
      await writeZeros(file, end, Math.max(missing, Math.min(missing + step, free - reserve)), (written) => {
        end += written;
      });
    } catch (failure) {
      if (!isWantOfRoom(failure)) throw failure;
      readAgain();
      if (needed > ready) {
        const left = await look();
        isLimited = left >= reserve + mostBytes;
        throw refuse(left, failure);
      }
    }
    if (isLimited) {
      isLimited = false;
      accept();
    }
    readAgain();
    take(needed);
  }
  /** Until the pages are looked at again, every commit is taken to have used the most that it can, and for leaves. */
  function take(count: number): void {
    ready -= count;
    pages = { ...pages, leaves: pages.leaves + count, branches: pages.branches + count };
  }

  judge(space.freeBytes);
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs).unref();
  return {
    get refusal() {
      return refusal;
    },
    mostBytes,
    make(load, mayUseReserve) {
      const needed = mostPages(load, pages);
      if (needed > ready) return extend(load, mayUseReserve);
      take(needed);
      return undefined;
    },
    async close() {
      closed = true;
      clearInterval(timer);
      const length = readPages().all * pages.pageSize;
      if ((await file.stat()).size > length) await file.truncate(length);
      await file.close();
    },
  };
}

const zeros = Buffer.alloc(65_536);

/** Writes at least so many bytes of zeros, whole blocks of them; tells of each that is there. */
async function writeZeros(file: FileHandle, from: number, bytes: number, written: (bytes: number) => void) {
  for (let done = 0; done < bytes; ) {
    const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, bytes - done), from + done);
    done += bytesWritten;
    written(bytesWritten);
  }
}
