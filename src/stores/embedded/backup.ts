import {
  copyFile,
  type FileHandle,
  link,
  mkdir,
  opendir,
  open as openFile,
  readdir,
  rename,
  rm,
} from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import { GatewayError } from '../../errors/index.ts';
import type { Backup, BackupPlace } from '../coordination.ts';
import { isSystemError, isWantOfRoom, lookAtDisk, noRoom, reserveOf, tellOfSpace } from '../disk.ts';
import { refuseMark } from '../format.ts';
import { uploadTypeOf } from '../images.ts';
import { checkDataFile } from './data-file.ts';
import type { Database } from './database.ts';
import { formatKey, imageKey } from './keys.ts';

/** What a backup is called until it is whole. */
const draftEnding = '.part';

/**
 * Makes a backup in a folder of its own: the store as it is at one moment, which goes on meanwhile, and the images that it knows. It has its name
 * once it has been opened, and lies on the disk. One at a time. Throws `store-unavailable` where it cannot be made; nothing of it stays then.
 */
export async function makeBackup(
  database: Pick<Database, 'copyTo' | 'usedBytes'>,
  { folder, uploads }: BackupPlace,
  { reserveBytes, now }: { readonly reserveBytes: number | undefined; readonly now: number },
): Promise<Backup> {
  const name = new Date(now).toISOString().replaceAll(':', '-');
  const draft = join(folder, `${name}${draftEnding}`);
  try {
    await mkdir(folder, { recursive: true });
    for (const left of await readdir(folder)) if (left.endsWith(draftEnding)) await removeFolder(join(folder, left));
    await checkRoom(folder, database.usedBytes(), reserveBytes);
    await mkdir(draft);
    await database.copyTo(draft);
    const images = await verify(draft, (knows) =>
      uploads === undefined ? 0 : keepImages(uploads, join(draft, 'uploads'), knows),
    );
    const bytes = await flush(join(draft, 'data.mdb'));
    await flush(draft);
    await rename(draft, join(folder, name));
    await flush(folder);
    return { name, bytes, images };
  } catch (failure) {
    await removeFolder(draft).catch(() => undefined); // the next one tries again
    if (failure instanceof GatewayError) throw failure;
    if (isWantOfRoom(failure)) throw noRoom(`the disk of ${folder} is full`, failure);
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new GatewayError('store-unavailable', `No backup can be made in ${folder}: ${why}`, { cause: failure });
  }
}

const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

async function checkRoom(folder: string, bytes: number, reserveBytes: number | undefined): Promise<void> {
  const space = await lookAtDisk(folder);
  const reserve = reserveOf(space, reserveBytes);
  if (space.freeBytes - bytes < reserve) throw noRoom(tellOfSpace(folder, space.freeBytes, reserve + bytes));
}

/** Opens what was copied, and reads there what is asked. */
async function verify<T>(folder: string, read: (knows: (image: string) => boolean) => T): Promise<Awaited<T>> {
  if (!(await checkDataFile(folder))) throw new Error('it has no data');
  const copy = open<string, string>({ path: folder, noSubdir: false, encoding: 'string', readOnly: true, maxDbs: 1 });
  try {
    const refusal = refuseMark(copy.get(formatKey) ?? '');
    if (refusal !== undefined) throw new Error(refusal);
    return await read((image) => copy.get(imageKey(image)) !== undefined);
  } finally {
    await copy.close();
    await rm(join(folder, 'lock.mdb'), { force: true });
  }
}

/** An image never changes: on the same disk it is kept twice by name alone. One that is gone by now belongs to what was deleted meanwhile. */
async function keepImages(from: string, to: string, knows: (image: string) => boolean): Promise<number> {
  let count = 0;
  const directory = await opendir(from).catch(ignoreMissing);
  if (directory === undefined) return count;
  await mkdir(to);
  for await (const { name } of directory) {
    if (uploadTypeOf(name) === undefined || !knows(name)) continue;
    const isKept = await keepFile(join(from, name), join(to, name));
    if (isKept) count += 1;
  }
  await flush(to);
  return count;
}

async function keepFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (failure: unknown) => {
      if (!isSystemError(failure, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) throw failure;
      await copyFile(from, to);
      await flush(to);
    });
    return true;
  } catch (failure) {
    if (isSystemError(failure, 'ENOENT')) return false;
    throw failure;
  }
}

function ignoreMissing(failure: unknown): undefined {
  if (!isSystemError(failure, 'ENOENT')) throw failure;
}

/** Puts a file or a folder on the disk. Gives its size. */
async function flush(path: string): Promise<number> {
  let file: FileHandle | undefined;
  try {
    file = await openFile(path, 'r');
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file?.close();
  }
}
