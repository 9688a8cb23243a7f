import { AggregatorRegistry, type Registry } from 'prom-client';

/** A registry as it was at one moment. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** One whose metrics are summed. */
export interface Counted {
  /** Rejects if it does not answer in time. */
  readMetrics(): Promise<MetricsSnapshot>;
}

export interface MetricsSum {
  /** Counts one in until the function that is returned is called. */
  join(counted: Counted): () => void;
  /** All together, as Prometheus reads them. */
  read(): Promise<string>;
}

/**
 * Sums metrics, each in its own way. What has only ever grown does not shrink with one that is gone, or that hangs: it stays as
 * it was last seen, for a sum that falls would be taken for one that began anew.
 */
export function createMetricsSum(own: Registry): MetricsSum {
  const seen = new Map<Counted, MetricsSnapshot>();
  /** What those counted that have left; summed up now and then, so that it stays short. */
  const gone: MetricsSnapshot[] = [];
  let summing: Promise<void> = Promise.resolve();
  let reading: Promise<string> | undefined;

  const readOne = async (counted: Counted): Promise<void> => {
    const snapshot = await counted.readMetrics().catch(() => grown(seen.get(counted) ?? []));
    if (seen.has(counted)) seen.set(counted, snapshot);
  };
  const readAll = async (): Promise<string> => {
    const [ours] = await Promise.all([own.getMetricsAsJSON(), ...[...seen.keys()].map(readOne)]);
    // In one step: who leaves is among those seen, or among those gone, and never both.
    return AggregatorRegistry.aggregate([...seen.values(), ...gone, ours]).metrics();
  };

  const sumUp = async (): Promise<void> => {
    const known = [...gone];
    const sum = await AggregatorRegistry.aggregate(known).getMetricsAsJSON();
    gone.splice(0, known.length, sum); // what has left meanwhile stands behind them
  };

  return {
    join(counted) {
      seen.set(counted, []);
      return () => {
        gone.push(ofNoWorker(grown(seen.get(counted) ?? [])));
        seen.delete(counted);
        summing = summing.then(sumUp).catch(() => undefined); // they stay one by one
      };
    },
    read() {
      reading ??= readAll().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}

/** Who takes another's place counts anew under its number. */
const ofNoWorker = (snapshot: MetricsSnapshot): MetricsSnapshot =>
  snapshot.map((metric) => ({
    ...metric,
    values: metric.values.filter(({ labels }) => !('worker' in labels)),
  }));

const grown = (snapshot: MetricsSnapshot): MetricsSnapshot =>
  snapshot.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
