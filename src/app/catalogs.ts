import { type Catalog, openCatalog } from '../catalog/index.ts';
import type { CatalogConfig, Config } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import { fileVersion } from './file-version.ts';
import { createPart, type Part } from './parts.ts';

/** A catalogue, and how long it took to load. */
export interface LoadedCatalog extends Pick<Catalog, 'close'> {
  readonly catalog: Catalog;
  readonly seconds: number;
}

export type CatalogParts = ReadonlyMap<string, Part<LoadedCatalog>>;

/** Opens the catalogues of a configuration, or keeps those whose settings and files are as they were. `hold` is told of each. */
export async function openCatalogs(
  { catalogs }: Pick<Config, 'catalogs'>,
  {
    log,
    before,
    hold,
  }: { readonly log: Logger; readonly before: CatalogParts | undefined; hold(part: Part<LoadedCatalog>): void },
): Promise<CatalogParts> {
  const parts = new Map<string, Part<LoadedCatalog>>();
  for (const [name, settings] of Object.entries(catalogs)) {
    const known = before?.get(name);
    // Before it is read: one that changes meanwhile is read again with the next configuration.
    const source = [settings, await fileVersion(settings.file)];
    const part = known?.isMadeFrom(source) ? known : createPart(await load(name, settings, log), { source });
    hold(part);
    parts.set(name, part);
  }
  return parts;
}

async function load(name: string, settings: CatalogConfig, log: Logger): Promise<LoadedCatalog> {
  const startedAt = performance.now();
  const catalog = await openCatalog({ name, ...settings });
  const seconds = (performance.now() - startedAt) / 1_000;
  const [first] = catalog.rejected;
  if (first !== undefined) {
    log.warn({ catalog: name, rows: catalog.rejectedCount, first }, 'rows of the catalogue were left out');
  }
  log.info({ catalog: name, products: catalog.size, seconds: Math.round(seconds * 1_000) / 1_000 }, 'catalogue loaded');
  return { catalog, seconds, close: catalog.close };
}
