import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../errors/index.ts';
import { isSystemError, isWantOfRoom, lookAtDisk, noRoom, reserveOf, tellOfSpace } from '../disk.ts';
import { inventUploadName, uploadTypeOf } from '../images.ts';
import type { UploadStore } from '../upload-store.ts';

export interface LocalUploadsOptions {
  readonly folder: string;
  /** Gives the address at which a name is served. */
  urlOf(name: string): string;
  /** Kept free on the disk, in bytes; of its size unless told. */
  readonly reserveBytes?: number;
  /** Other processes may write there too. */
  readonly isShared?: boolean;
  /** How often leftovers are removed, in milliseconds; hourly unless told. */
  readonly tidyEveryMs?: number;
}

/** What a file is called while it is being written. */
const draftEnding = '.part';
/** Nothing takes so long to write, in milliseconds: what is older was left by a process that died. Our choice. */
const leftoverMs = 600_000;
const hourMs = 3_600_000;
/** A file's entry in its folder, and more, in bytes. */
const entryBytes = 65_536;

/**
 * Images in a folder, under names that we make up. A file is written whole and flushed under another name first, so that none is ever
 * half there. The folder is made with the first. What would take what is kept free of the disk is `store-unavailable`.
 */
export function openLocalUploads(options: LocalUploadsOptions): UploadStore {
  const { folder, urlOf, reserveBytes, isShared = false, tidyEveryMs = hourMs } = options;
  let writing = 0;

  /** What others write at the moment may not be on the disk yet. */
  async function checkRoom(): Promise<void> {
    const space = await lookAtDisk(folder);
    const reserve = reserveOf(space, reserveBytes);
    if (space.freeBytes - writing < reserve) throw noRoom(tellOfSpace(folder, space.freeBytes, reserve));
  }
  async function write(name: string, bytes: Uint8Array): Promise<void> {
    const draft = join(folder, `${name}${draftEnding}`);
    await checkRoom();
    await mkdir(folder, { recursive: true });
    try {
      await withFile(draft, 'wx', async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      });
      await rename(draft, join(folder, name));
    } catch (failure) {
      await unlink(draft).catch(() => undefined); // it may not have been made
      throw failure;
    }
    await withFile(folder, 'r', (directory) => directory.sync());
  }

  const tidy = (leftSinceMs: number): void => void removeLeftovers(folder, leftSinceMs).catch(() => undefined); // tried again
  tidy(isShared ? leftoverMs : 0);
  const timer = setInterval(() => tidy(leftoverMs), tidyEveryMs).unref();
  return {
    async save({ bytes, type, name = inventUploadName(type) }) {
      const size = bytes.length + entryBytes;
      writing += size;
      try {
        await write(name, bytes);
      } catch (failure) {
        throw toUploadError(failure, folder);
      } finally {
        writing -= size;
      }
      return { url: urlOf(name) };
    },
    async remove(name) {
      if (uploadTypeOf(name) === undefined) return;
      try {
        await unlink(join(folder, name));
        await withFile(folder, 'r', (directory) => directory.sync());
      } catch (failure) {
        if (!isSystemError(failure, 'ENOENT', 'ENOTDIR')) throw toUploadError(failure, folder);
      }
    },
    async open(name) {
      const type = uploadTypeOf(name);
      if (type === undefined) return undefined;
      const path = join(folder, name);
      try {
        const { size } = await stat(path);
        const file = await open(path);
        return { type, size, content: createReadStream(path, { fd: file }) };
      } catch (failure) {
        // A name that we would have given, and did not, or no more.
        if (isSystemError(failure, 'ENOENT', 'ENOTDIR')) return undefined;
        throw toUploadError(failure, folder);
      }
    },
    close: async () => clearInterval(timer),
  };
}

/** Removes what was begun so long ago, in milliseconds, and not ended. */
async function removeLeftovers(folder: string, leftSinceMs: number): Promise<void> {
  const before = Date.now() - leftSinceMs;
  for (const name of await readdir(folder)) {
    if (!name.endsWith(draftEnding) || uploadTypeOf(name.slice(0, -draftEnding.length)) === undefined) continue;
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs <= before) await unlink(path);
  }
}

function toUploadError(failure: unknown, folder: string): GatewayError {
  if (failure instanceof GatewayError) return failure;
  if (isWantOfRoom(failure)) return noRoom(`the disk of ${folder} is full`, failure);
  const why = failure instanceof Error ? failure.message : String(failure);
  return new GatewayError('store-unavailable', `Images cannot be kept in ${folder}: ${why}`, { cause: failure });
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
