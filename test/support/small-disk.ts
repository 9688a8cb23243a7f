import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of a few megabytes, in memory. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Writes a file until so many bytes are free, or as few as can be. */
  fill(name: string, leave?: number): Promise<void>;
  empty(name: string): Promise<void>;
  freeBytes(): Promise<number>;
  /** Has it only read from now on. */
  protect(): void;
  remove(): void;
}

/** Whether a disk can be mounted here: it takes root, and a system that lets it. */
export function canMount(): boolean {
  try {
    mountDisk(1).remove();
    return true;
  } catch {
    return false;
  }
}

export function mountDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'dragoman-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' });
  } catch (failure) {
    rmSync(path, { recursive: true });
    throw failure;
  }
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    async fill(name, leave = 0) {
      const file = await open(join(path, name), 'w');
      try {
        for (let left = (await freeBytes()) - leave; left >= 4_096; left -= 65_536) {
          await file.write(Buffer.alloc(Math.min(65_536, left)));
        }
      } catch (failure) {
        if (!String(failure).includes('ENOSPC')) throw failure;
      } finally {
        await file.close();
      }
    },
    empty: (name) => rm(join(path, name)),
    protect: () => void execFileSync('mount', ['-o', 'remount,ro', path]),
    remove() {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}
