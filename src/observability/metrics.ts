import { Counter, Gauge, Registry } from 'prom-client';
import { type BackendMetrics, createBackendMetrics, secondsBuckets } from './backend-metrics.ts';
import { type CatalogMetrics, createCatalogMetrics } from './catalog-metrics.ts';
import { createHistogram } from './histogram.ts';
import { createLoadMetrics, type LoadMetrics, tellOfProcess } from './load-metrics.ts';
import { createMigrationMetrics, type MigrationMetrics } from './migration-metrics.ts';

export type { CatalogRefusal } from './catalog-metrics.ts';
export { Registry };

/** One call that has ended. Labels are closed sets: names from our tables and from the configuration, never from a client. */
export interface EndedCall {
  readonly dialect: string;
  readonly operation: string;
  /** `none` where no backend was asked. */
  readonly backend: string;
  /** An error code, or `ok`. */
  readonly code: string;
  readonly seconds: number;
}

/** What a call may be too many of. */
export type Limited =
  | 'address'
  | 'unknown-sessions'
  | 'principal'
  | 'session'
  | 'streams'
  | 'tokens'
  | 'uploads'
  | 'authentication';

/** What there may be too much of. */
export type ShedReason =
  | 'connections'
  | 'address'
  | 'calls'
  | 'followers'
  | 'conversation'
  | 'pipelining'
  | 'delay'
  | 'memory';

export interface Metrics extends CatalogMetrics, LoadMetrics {
  readonly registry: Registry;
  readonly backends: BackendMetrics;
  readonly migrations: MigrationMetrics;
  callEnded(call: EndedCall): void;
  firstEvent(call: Pick<EndedCall, 'dialect' | 'backend' | 'seconds'>): void;
  streamOpened(dialect: string, carrier: 'http' | 'socket'): () => void;
  rateLimited(dialect: string, limit: Limited): void;
  shed(reason: ShedReason): void;
  /** Whether the store answers. */
  storeUp(isUp: boolean): void;
  /** What the store's disk has free, in bytes. */
  storeSpace(freeBytes: number): void;
  /** Whether this process counts limits by itself, because the store that all share is away. */
  limitsInsured(areInsured: boolean): void;
  /** Something was counted so. */
  limitInsured(): void;
  /** Followers were told something late, because what all processes read could not be written. */
  feedWriteFailed(): void;
  /** A quota had no room for an image. */
  imageRefused(quota: 'session' | 'site' | 'total'): void;
  /** Images that are to go could not be removed. */
  imagesUnremoved(): void;
  nudgeEvent(event: string): void;
  /** Labels are names of dialects and of backends. */
  fieldsDropped(from: string, to: string, count: number): void;
}

/**
 * The gateway's metrics, each beginning with `dragoman_`, and its process's, in a registry of their own unless one is given. `worker` is
 * which of several processes it is.
 */
export function createMetrics(registry: Registry = new Registry(), worker?: string): Metrics {
  const registers = [registry];
  tellOfProcess(registry, worker);

  const calls = new Counter({
    name: 'dragoman_requests_total',
    help: 'Calls that ended, by how',
    labelNames: ['dialect', 'operation', 'backend', 'code'],
    registers,
  });
  const durations = createHistogram(
    {
      name: 'dragoman_request_seconds',
      help: 'From the start of a call to its end',
      labelNames: ['dialect', 'operation'],
      buckets: secondsBuckets,
    },
    registers,
  );
  const firstEvents = createHistogram(
    {
      name: 'dragoman_first_event_seconds',
      help: 'From the start of a call to the first event of its reply',
      labelNames: ['dialect', 'backend'],
      buckets: secondsBuckets,
    },
    registers,
  );
  const streams = new Gauge({
    name: 'dragoman_open_streams',
    help: 'Event streams and sockets that are open',
    labelNames: ['dialect', 'carrier'],
    registers,
  });
  const limited = new Counter({
    name: 'dragoman_rate_limited_total',
    help: 'Calls refused by a limit',
    labelNames: ['dialect', 'limit'],
    registers,
  });
  const shed = new Counter({
    name: 'dragoman_shed_total',
    help: 'What was refused because there was too much already',
    labelNames: ['reason'],
    registers,
  });
  const store = new Gauge({
    name: 'dragoman_store_up',
    help: '1 while the store answers, 0 while it does not',
    aggregator: 'max',
    registers,
  });
  store.set(1);
  // Only where there is such a disk: nothing is free at 0.
  let space: Gauge | undefined;
  const createSpace = () =>
    new Gauge({
      name: 'dragoman_store_free_bytes',
      help: 'What may still be written to the disk of an embedded store, what is kept free of it included',
      registers,
    });
  const insured = new Gauge({
    name: 'dragoman_limits_insured',
    help: '1 while this process counts limits by itself, because the shared store is away',
    aggregator: 'max',
    registers,
  });
  const insuredCalls = new Counter({
    name: 'dragoman_limits_insured_total',
    help: 'What was counted by this process alone, because the shared store was away',
    registers,
  });
  const feedWrites = new Counter({
    name: 'dragoman_feed_write_failures_total',
    help: 'Writes of replies that are followed which failed, and were made later',
    registers,
  });
  const refusedImages = new Counter({
    name: 'dragoman_images_refused_total',
    help: 'Images for which a quota had no room',
    labelNames: ['quota'],
    registers,
  });
  const unremovedImages = new Counter({
    name: 'dragoman_images_unremoved_total',
    help: 'How often images that are to go could not be removed, and were left to the next sweep',
    registers,
  });
  const nudges = new Counter({
    name: 'dragoman_nudge_events_total',
    help: 'What became of nudges',
    labelNames: ['event'],
    registers,
  });
  const dropped = new Counter({
    name: 'dragoman_fields_dropped_total',
    help: 'Fields that were said and that the other side has no place for',
    labelNames: ['from', 'to'],
    registers,
  });
  // Children are looked up once a label set: prom-client hashes the labels at every `labels()`.
  const callChildren = remember((dialect, operation, backend, code) => calls.labels(dialect, operation, backend, code));
  const droppedChildren = remember((from, to) => dropped.labels(from, to));

  return {
    registry,
    backends: createBackendMetrics(registry),
    migrations: createMigrationMetrics(registry),
    callEnded({ dialect, operation, backend, code, seconds: taken }) {
      callChildren(dialect, operation, backend, code).inc();
      durations(dialect, operation).observe(taken);
    },
    firstEvent: ({ dialect, backend, seconds: taken }) => firstEvents(dialect, backend).observe(taken),
    streamOpened(dialect, carrier) {
      const child = streams.labels(dialect, carrier);
      child.inc();
      return () => child.dec();
    },
    rateLimited: (dialect, limit) => limited.labels(dialect, limit).inc(),
    shed: (reason) => shed.labels(reason).inc(),
    storeUp: (isUp) => store.set(isUp ? 1 : 0),
    storeSpace: (freeBytes) => (space ??= createSpace()).set(freeBytes),
    limitsInsured: (areInsured) => insured.set(areInsured ? 1 : 0),
    limitInsured: () => insuredCalls.inc(),
    feedWriteFailed: () => feedWrites.inc(),
    imageRefused: (quota) => refusedImages.labels(quota).inc(),
    imagesUnremoved: () => unremovedImages.inc(),
    nudgeEvent: (event) => nudges.labels(event).inc(),
    fieldsDropped: (from, to, count) => droppedChildren(from, to).inc(count),
    ...createCatalogMetrics(registry),
    ...createLoadMetrics(registry),
  };
}

function remember<Labels extends readonly string[], Child>(find: (...labels: Labels) => Child) {
  const children = new Map<string, Child>();
  return (...labels: Labels): Child => {
    const name = labels.join('\n');
    const child = children.get(name) ?? find(...labels);
    children.set(name, child);
    return child;
  };
}
