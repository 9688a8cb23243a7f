import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Catalog, FeedRefused, openCatalog, packInThread, refuseShrunk } from '../catalog/index.ts';
import type { CatalogConfig, Config } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type DatabaseMetrics, openInDatabase, tellCatalog } from './catalog-database.ts';
import { fileVersion } from './file-version.ts';
import { createPart, type Part } from './parts.ts';

/** A catalogue, what it was opened with, and how long it took to load. */
export interface LoadedCatalog extends Pick<Catalog, 'close'> {
  readonly catalog: Catalog;
  readonly settings: CatalogConfig;
  readonly seconds: number;
}

export type CatalogParts = ReadonlyMap<string, Part<LoadedCatalog>>;

export interface CatalogsMaterials {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'catalogRefused'> & DatabaseMetrics;
  readonly before: CatalogParts | undefined;
  /** Is told of each. */
  hold(part: Part<LoadedCatalog>): void;
  /** Is told of a file that is not taken, while the last good one goes on being used. */
  refused(problem: string): void;
}

/**
 * Opens the catalogues of a configuration, or keeps those whose settings and files are as they were. Where a file has changed and
 * cannot be taken, the last good one of the same settings stays. Throws where there is none.
 */
export async function openCatalogs(
  { catalogs }: Pick<Config, 'catalogs'>,
  { log, metrics, before, hold, refused }: CatalogsMaterials,
): Promise<CatalogParts> {
  const parts = new Map<string, Part<LoadedCatalog>>();
  for (const [name, settings] of Object.entries(catalogs)) {
    const known = before?.get(name);
    const last = known !== undefined && isDeepStrictEqual(known.thing.settings, settings) ? known : undefined;
    // Before it is read: one that changes meanwhile is read again with the next configuration.
    const source = [settings, await fileVersion(settings.file)];
    const open = async (): Promise<Part<LoadedCatalog>> => {
      try {
        return createPart(await load(name, settings, { log, metrics, last: last?.thing.catalog }), { source });
      } catch (failure) {
        if (last === undefined) throw failure;
        const problem = failure instanceof Error ? failure.message : String(failure);
        const reason = failure instanceof FeedRefused ? failure.reason : 'unreadable';
        log.error({ catalog: name, reason, problem }, 'catalogue reload refused: the last good one stays in use');
        metrics.catalogRefused(name, reason);
        refused(problem);
        return last;
      }
    };
    const part = known?.isMadeFrom(source) ? known : await open();
    hold(part);
    parts.set(name, part);
  }
  return parts;
}

interface Loading {
  readonly log: Logger;
  readonly metrics: DatabaseMetrics;
  /** What is in use, where there is something. */
  readonly last: Catalog | undefined;
}

async function load(name: string, settings: CatalogConfig, { log, metrics, last }: Loading): Promise<LoadedCatalog> {
  const { maxShrink, database, ...source } = settings;
  const startedAt = performance.now();
  const version = last === undefined ? undefined : await settled(settings.file);
  if (database !== undefined) return openInDatabase(name, { ...settings, database }, { log, metrics });
  const catalog = await openCatalog({ name, ...source, pack: packInThread });
  if (version !== undefined && version !== (await fileVersion(settings.file))) {
    throw new FeedRefused('changing', `The catalogue ${settings.file} was written while it was read`);
  }
  if (last !== undefined) refuseShrunk(settings.file, { now: catalog.size, before: last.size, maxShrink });
  const seconds = (performance.now() - startedAt) / 1_000;
  tellCatalog(catalog, { seconds, log });
  return { catalog, settings, seconds, close: catalog.close };
}

/** A file that has been left alone for so long is whole; one that is not by then is not waited for any more. Our choice. */
const aloneMs = 1_000;
const mostMs = 10_000;
const lookMs = 100;

/** The version of a file that nobody is writing. Throws for one that is still being written. */
async function settled(file: string): Promise<string> {
  for (let waited = 0; waited < mostMs; waited += lookMs) {
    const changedAt = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0, // it is told by who reads it
    );
    // A clock that is ahead of ours says nothing of how long ago that was.
    const age = Date.now() - changedAt;
    if (age >= aloneMs || age < 0) return fileVersion(file);
    await wait(lookMs);
  }
  throw new FeedRefused('changing', `The catalogue ${file} is still being written`);
}
