import { type Catalog, FeedRefused, openPostgresCatalog } from '../catalog/index.ts';
import type { CatalogConfig, CatalogDatabaseConfig } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { LoadedCatalog } from './catalogs.ts';

export type DatabaseMetrics = Pick<Metrics, 'catalogDatabase' | 'catalogLoaded' | 'catalogRefused'>;

interface Materials {
  readonly log: Logger;
  readonly metrics: DatabaseMetrics;
}

/** What a log says of what a catalogue was loaded from. */
export function tellCatalog(
  {
    name,
    size,
    rejected: [first],
    rejectedCount,
    fieldErrors,
  }: Pick<Catalog, 'name' | 'size' | 'rejected' | 'rejectedCount' | 'fieldErrors'>,
  { seconds, log }: { readonly seconds: number; readonly log: Logger },
): void {
  if (first !== undefined)
    log.warn({ catalog: name, rows: rejectedCount, first }, 'rows of the catalogue were left out');
  const { counts, examples } = fieldErrors;
  if (counts.length > 0)
    log.warn({ catalog: name, fields: counts, first: examples[0] }, 'fields of the catalogue could not be read');
  log.info({ catalog: name, products: size, seconds: Math.round(seconds * 1_000) / 1_000 }, 'catalogue loaded');
}

/** Opens a catalogue in its database, and tells logs and metrics of it: once when the database is away, once when it is back. */
export async function openInDatabase(
  name: string,
  settings: CatalogConfig & { readonly database: CatalogDatabaseConfig },
  { log, metrics }: Materials,
): Promise<LoadedCatalog> {
  const { maxShrink, database, ...source } = settings;
  const counts = metrics.catalogDatabase(name);
  let isAway = false;
  let seconds = 0;
  const catalog = await openPostgresCatalog({
    name,
    source,
    maxShrink,
    ...database,
    watch: {
      asked: counts.asked,
      away({ message }) {
        counts.up(false);
        if (!isAway)
          log.warn(
            { catalog: name, reason: message },
            "the catalogue's database does not answer: what asks it is refused",
          );
        isAway = true;
      },
      back() {
        counts.up(true);
        if (isAway) log.info({ catalog: name }, "the catalogue's database answers again");
        isAway = false;
      },
      untaken(failure) {
        const reason = failure instanceof FeedRefused ? failure.reason : 'unreadable';
        log.error(
          { catalog: name, reason, problem: failure.message },
          'catalogue reload refused: the last good one stays in use',
        );
        metrics.catalogRefused(name, reason);
      },
      changed({ summary, seconds: taken }) {
        seconds = taken;
        tellCatalog({ name, ...summary }, { seconds, log });
        const { size: products, rejectedCount: rejected, fieldErrors } = summary;
        metrics.catalogLoaded({ name, products, rejected, fields: fieldErrors.counts, seconds });
      },
    },
  });
  counts.opened(catalog.database);
  return {
    catalog,
    settings,
    get seconds() {
      return seconds;
    },
    async close() {
      counts.closed(catalog.database);
      await catalog.close();
    },
  };
}
