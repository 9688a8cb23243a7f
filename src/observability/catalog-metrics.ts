import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { secondsBuckets } from './backend-metrics.ts';

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
  /** The counts of the database that has a catalogue. */
  catalogDatabase(name: string): DatabaseCounts;
  /** There is no catalogue of that name any more. */
  catalogGone(name: string): void;
}

/** Connections that are open, and questions that wait for one, as they are when somebody looks. */
export interface DatabaseLoad {
  readonly connections: number;
  readonly waiting: number;
}

/** Counts what becomes of a database's questions. */
export interface DatabaseCounts {
  asked(outcome: 'answered' | 'left' | 'failed', seconds: number): void;
  up(isUp: boolean): void;
  opened(load: DatabaseLoad): void;
  closed(load: DatabaseLoad): void;
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
  const databases = createDatabaseMetrics(registers);
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
    catalogDatabase: databases.of,
    catalogGone(name) {
      forget(name);
      databases.forget(name);
      for (const metric of [products, loading, rejected]) metric.remove(name);
    },
  };
}

function createDatabaseMetrics(registers: Registry[]) {
  const seconds = new Histogram({
    name: 'dragoman_catalog_database_seconds',
    help: "How long questions to a catalogue's database took, the wait for a connection included",
    labelNames: ['catalog', 'outcome'],
    buckets: secondsBuckets,
    registers,
  });
  const up = new Gauge({
    name: 'dragoman_catalog_database_up',
    help: "Whether a catalogue's database has answered the last question: 1, or 0",
    labelNames: ['catalog'],
    aggregator: 'max',
    registers,
  });
  const loads = new Map<string, DatabaseLoad>();
  const gauge = (name: string, help: string, read: (load: DatabaseLoad) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['catalog'],
      aggregator: 'sum',
      registers,
      collect() {
        for (const [catalog, load] of loads) this.labels(catalog).set(read(load));
      },
    });
  const connections = gauge(
    'dragoman_catalog_database_connections',
    "Connections to a catalogue's database",
    (load) => load.connections,
  );
  const waiting = gauge(
    'dragoman_catalog_database_waiting',
    'Questions that wait for one of these connections',
    (load) => load.waiting,
  );
  return {
    of: (name: string): DatabaseCounts => ({
      asked: (outcome, taken) => seconds.labels(name, outcome).observe(taken),
      up: (isUp) => up.labels(name).set(isUp ? 1 : 0),
      opened: (load) => void loads.set(name, load),
      closed(load) {
        // Another one may have its name by now.
        if (loads.get(name) !== load) return;
        loads.delete(name);
        for (const metric of [connections, waiting]) metric.remove(name);
      },
    }),
    forget: (name: string) => up.remove(name),
  };
}
