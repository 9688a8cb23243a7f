import { readFileSync } from 'node:fs';
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { createHistogram } from './histogram.ts';

/** What is told as it is when somebody looks, and costs nothing otherwise. */
export interface Reading {
  /** Closed sets: names from our tables and from the configuration. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const observed = {
  placesTaken: {
    name: 'dragoman_places_taken',
    help: 'Calls and followers that there are at the moment',
    labelNames: ['of'],
    aggregator: 'sum',
  },
  placesBound: {
    name: 'dragoman_places_bound',
    help: 'So many of them are taken on',
    labelNames: ['of'],
    aggregator: 'sum',
  },
  upstreamConnections: {
    name: 'dragoman_upstream_connections',
    help: 'Connections to the servers of backends: open, of them busy, and requests that wait for one',
    labelNames: ['host', 'state'],
    aggregator: 'sum',
  },
  certificates: {
    name: 'dragoman_certificate_expiry_timestamp_seconds',
    help: 'When the certificate ends that a backend is asked with',
    labelNames: ['backend'],
    aggregator: 'min',
  },
} as const;

/** What is told of what is under way. */
export interface LoadMetrics {
  /** Has somebody told at each look; the last one who says how is asked. */
  observe(what: keyof typeof observed, read: () => readonly Reading[]): void;
  /** The store was asked, and that took so long; `commit` in an embedded one, the name of a script or `command` of Redis. */
  storeAsked(operation: string, seconds: number): void;
  /** One turn more, or less, waits for the earlier ones of its conversation. */
  turnWaiting(change: 1 | -1): void;
  /** The collector of traces did not take so many spans. */
  spansDropped(count: number): void;
  /** Of this program. */
  readonly version: string;
}

/** Bounds of histograms of what a store takes, in seconds. Our choice: from memory to the patience with Redis. */
const storeBuckets = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

export function createLoadMetrics(registry: Registry): LoadMetrics {
  const registers = [registry];
  const store = createHistogram(
    {
      name: 'dragoman_store_seconds',
      help: 'What the store took: a commit of an embedded one, a command or a script of Redis',
      labelNames: ['operation'],
      buckets: storeBuckets,
    },
    registers,
  );
  const waiting = new Gauge({
    name: 'dragoman_turns_waiting',
    help: 'Turns that wait for the earlier ones of their conversations',
    registers,
  });
  const dropped = new Counter({
    name: 'dragoman_trace_spans_dropped_total',
    help: 'Spans that were left out, because the collector of traces was away, slow, or refused them',
    registers,
  });
  const readers = new Map<keyof typeof observed, () => readonly Reading[]>();
  const gauges = new Map<keyof typeof observed, Gauge>();
  const createGauge = (what: keyof typeof observed): Gauge =>
    new Gauge({
      ...observed[what],
      registers,
      collect() {
        this.reset();
        for (const { labels, value } of readers.get(what)?.() ?? []) this.set(labels, value);
      },
    });
  return {
    observe(what, read) {
      readers.set(what, read);
      if (gauges.has(what)) return;
      gauges.set(what, createGauge(what));
    },
    storeAsked: (operation, seconds) => store(operation).observe(seconds),
    turnWaiting: (change) => waiting.inc(change),
    spansDropped: (count) => dropped.inc(count),
    version: ownVersion(),
  };
}

/** Gauges that prom-client names as if they were counters; `promtool check metrics` refuses them. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * What every Node program tells under the names that all have for it, and which one this is. Of several processes each has a label, since a
 * sum of theirs says nothing.
 */
export function tellOfProcess(registry: Registry, worker?: string): void {
  collectDefaultMetrics({ register: registry, ...(worker !== undefined && { labels: { worker } }) });
  for (const name of misnamed) registry.removeSingleMetric(name);
  new Gauge({
    name: 'dragoman_build_info',
    help: 'Which program this is: always 1',
    labelNames: ['version', 'node'],
    aggregator: 'max',
    registers: [registry],
  }).set({ version: ownVersion(), node: process.version }, 1);
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version; // our own file
}

/** Tokens of language models, as their servers tell them. */
export function createTokenCounter(registers: Registry[]) {
  return new Counter({
    name: 'dragoman_tokens_total',
    help: 'Tokens that replies took, as the servers of models tell them',
    labelNames: ['backend', 'model', 'direction'],
    registers,
  });
}
