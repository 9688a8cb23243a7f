import { Counter, Gauge, type Registry } from 'prom-client';

/** Why a changed file of a catalogue is not taken. */
export type CatalogRefusal = 'unreadable' | 'changing' | 'shrunk';

/** What a catalogue was loaded from. Names of fields and reasons are closed sets. */
export interface CatalogFigures {
  readonly name: string;
  readonly products: number;
  readonly rejected: number;
  readonly fields: readonly { readonly field: string; readonly reason: string; readonly count: number }[];
  readonly seconds: number;
}

export interface CatalogMetrics {
  catalogLoaded(catalog: CatalogFigures): void;
  /** A file that has changed is not taken: the last good one stays in use. */
  catalogRefused(name: string, reason: CatalogRefusal): void;
  /** There is no catalogue of that name any more. */
  catalogGone(name: string): void;
}

/** What is told of catalogues; each process has them all. */
export function createCatalogMetrics(registry: Registry): CatalogMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = ['catalog']) =>
    new Gauge({ name, help, labelNames: [...labelNames], aggregator: 'max', registers });
  const products = gauge('dragoman_catalog_products', 'Products in a catalogue');
  const loading = gauge('dragoman_catalog_load_seconds', 'How long a catalogue took to load');
  const rejected = gauge('dragoman_catalog_rejected_rows', 'Rows of a catalogue that are no product');
  const fields = gauge('dragoman_catalog_field_errors', 'Fields of a catalogue that could not be read', [
    'catalog',
    'field',
    'reason',
  ]);
  const refused = new Counter({
    name: 'dragoman_catalog_refused_total',
    help: 'Changed files of a catalogue that were not taken',
    labelNames: ['catalog', 'reason'],
    registers,
  });
  const shown = new Map<string, CatalogFigures['fields']>();
  const forget = (name: string): void => {
    for (const { field, reason } of shown.get(name) ?? []) fields.remove(name, field, reason);
    shown.delete(name);
  };
  return {
    catalogLoaded(catalog) {
      const { name } = catalog;
      forget(name);
      products.labels(name).set(catalog.products);
      loading.labels(name).set(catalog.seconds);
      rejected.labels(name).set(catalog.rejected);
      for (const { field, reason, count } of catalog.fields) fields.labels(name, field, reason).set(count);
      shown.set(name, catalog.fields);
    },
    catalogRefused: (name, reason) => refused.labels(name, reason).inc(),
    catalogGone(name) {
      forget(name);
      for (const metric of [products, loading, rejected]) metric.remove(name);
    },
  };
}
