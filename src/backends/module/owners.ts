import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';

/** The name of the backend whose module is at work. Costs nothing until a module is first run. */
const atWork = new AsyncLocalStorage<string>();

/** The backend that each module's file made, by the file's address. */
const byFile = new Map<string, string>();

/** Tells whose the file at an absolute path is, from now on. */
export function ownFile(path: string, backend: string): void {
  byFile.set(pathToFileURL(path).href, backend);
}

/** Runs what belongs to a backend's module: what it leaves behind, a timer or a promise that nobody waits for, is the backend's too. */
export function runOwned<T>(backend: string, run: () => T): T {
  return atWork.run(backend, run);
}

/**
 * The backend whose module an error comes from that nobody caught; `undefined` for one of our own. To be asked where the error is
 * told: by whom the work was begun that failed, and where that cannot be known by the files that the error's stack names.
 */
export function ownerOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return atWork.getStore() ?? [...byFile].find(([file]) => stack.includes(file))?.[1];
}
