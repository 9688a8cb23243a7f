import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import { defined } from '../../canonical/index.ts';
import type { Catalog } from '../../catalog/index.ts';
import type { Backend } from '../backend.ts';
import { moduleStream } from './module-stream.ts';

export interface ModuleBackendOptions {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly catalogs: ReadonlyMap<string, Catalog>;
}

/** What a module exports as its default. */
export type ModuleFactory = (
  materials: Omit<ModuleBackendOptions, 'path'>,
) => Omit<Backend, 'name'> | Promise<Omit<Backend, 'name'>>;

/** The backend that somebody's own file makes. Throws, with its name and path, if there is no such file or it makes no backend. */
export async function createModuleBackend({ path, ...materials }: ModuleBackendOptions): Promise<Backend> {
  const wrong = (what: string, cause?: unknown): Error =>
    new Error(`Backend ${materials.name}: ${path} ${what}${cause instanceof Error ? `: ${cause.message}` : ''}`, {
      cause,
    });
  const own = <T>(run: () => T): T => runOwned(materials.name, run);
  ownFile(path, materials.name);
  const exported = await own(() => load(path)).catch((cause: unknown) => {
    throw wrong('cannot be loaded', cause);
  });
  const factory: unknown = exported['default'];
  if (typeof factory !== 'function') throw wrong('has no function as its default export');
  const made: unknown = await Promise.resolve()
    .then(() => own(() => (factory as (given: typeof materials) => unknown)(materials))) // a function, by the line above
    .catch((cause: unknown) => {
      throw wrong('failed to make its backend', cause);
    });
  if (!isBackend(made))
    throw wrong(
      'makes no backend: its function is to return an object with answer(), and carries and takes as lists if at all',
    );
  return defined({
    name: materials.name,
    answer: (turn, context, call) => moduleStream(materials.name, own, () => made.answer(turn, context, call)),
    waits: made.waits && ((conversation, turn) => own(() => made.waits?.(conversation, turn))),
    carries: made.carries && new Set(made.carries), // a list will do
    takes: made.takes && new Set(made.takes),
    forwards: made.forwards,
    close: made.close && (async () => own(() => made.close?.())),
  } satisfies { [Key in Exclude<keyof Backend, 'kind' | 'parts' | 'breaker' | 'quirks'>]-?: Backend[Key] | undefined });
}

async function load(path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>; // a module is a record of its exports
}

const isBackend = (made: unknown): made is Omit<Backend, 'name'> =>
  typeof made === 'object' &&
  made !== null &&
  'answer' in made &&
  typeof made.answer === 'function' &&
  (!('carries' in made) || isList(made.carries)) &&
  (!('takes' in made) || isList(made.takes));

const isList = (carries: unknown): boolean => carries === undefined || Array.isArray(carries) || carries instanceof Set;

/** The name of the backend whose module is at work. Costs nothing until a module is first run. */
const atWork = new AsyncLocalStorage<string>();

/** The backend that each module's file made, by the file's address. */
const byFile = new Map<string, string>();

/** Tells whose the file at an absolute path is, from now on. */
function ownFile(path: string, backend: string): void {
  byFile.set(pathToFileURL(path).href, backend);
}

/** Runs what belongs to a backend's module: what it leaves behind, a timer or a promise that nobody waits for, is the backend's too. */
function runOwned<T>(backend: string, run: () => T): T {
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
