import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileVersion } from '../app/file-version.ts';

export interface FileWatch {
  /** Watches these files from now on, and no others. Resolves when each was looked at. */
  follow(paths: readonly string[]): Promise<void>;
  /** Watches these too. Resolves with whether any of them was not watched before. */
  followToo(paths: readonly string[]): Promise<boolean>;
  /** Calls back when one of them has changed and stays as it is. */
  whenChanged(tell: () => void): void;
  close(): void;
}

/** Our choice. Looked at again and again: folders that are mounted, as in containers, tell of no changes by themselves. */
const everyMs = 2_000;
/** A file that is being written is waited for, but not for ever. */
const settlingMs = 200;
const mostSettling = 25;

/** What is larger is known by its time and size alone. */
const maxReadBytes = 1_048_576;

/** Watches files by what they hold, also behind links. */
export function watchFiles(): FileWatch {
  const known = new Map<string, string>();
  let tell = (): void => undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  /** Whether any file is not as it was when it was last looked at. */
  const look = async (): Promise<boolean> => {
    let changed = false;
    for (const path of [...known.keys()]) {
      const state = await stateOf(path);
      const before = known.get(path);
      if (before === undefined || state === before) continue; // it may be watched no more by now
      known.set(path, state);
      changed = true;
    }
    return changed;
  };

  const lookAgain = async (): Promise<void> => {
    if (await look()) {
      for (let times = 0; times < mostSettling; times += 1) {
        await wait(settlingMs);
        if (!(await look())) break;
      }
      if (!closed) tell();
    }
    if (!closed) schedule();
  };

  const schedule = (): void => {
    timer = setTimeout(() => void lookAgain(), everyMs).unref();
  };

  const followToo = async (paths: readonly string[]): Promise<boolean> => {
    const added = paths.filter((path) => !known.has(path));
    for (const path of added) known.set(path, await stateOf(path));
    return added.length > 0;
  };

  return {
    async follow(paths) {
      for (const path of known.keys()) if (!paths.includes(path)) known.delete(path);
      await followToo(paths);
    },
    followToo,
    whenChanged(call) {
      tell = call;
      schedule();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function stateOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maxReadBytes) return await fileVersion(path);
    return createHash('sha256')
      .update(await readFile(path))
      .digest('base64');
  } catch {
    return 'none';
  }
}
