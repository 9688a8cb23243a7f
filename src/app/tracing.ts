import type { Config } from '../config/index.ts';
import { toGatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracer } from '../observability/trace.ts';
import type { Store } from '../stores/store.ts';

/** What writes calls down, where a configuration wants that; nothing of it is loaded otherwise. */
export async function openTracer(
  { tracing }: Pick<Config, 'tracing'>,
  { spansDropped, version }: Pick<Metrics, 'spansDropped' | 'version'>,
  log: Logger,
): Promise<Tracer | undefined> {
  if (tracing === undefined) return undefined;
  const [{ createTracer }, { createExporter, resourceOf }] = await Promise.all([
    import('../observability/tracer.ts'),
    import('../observability/span-exporter.ts'),
  ]);
  const { endpoint, headers, sample } = tracing;
  const resource = resourceOf(process.env, version);
  let isAway = false;
  const exporter = createExporter({
    endpoint,
    headers,
    resource,
    whenDropped(count, reason) {
      spansDropped(count);
      if (!isAway) log.warn({ reason }, 'trace collector unavailable: spans are dropped');
      isAway = true;
    },
    whenTaken() {
      if (isAway) log.info('trace collector available again');
      isAway = false;
    },
  });
  return createTracer({ sample, ...exporter });
}

/** The same store, each step of which is written down as part of the call that it is for. */
export function writtenStore(store: Store, tracer: Tracer): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...values: readonly unknown[]): unknown => {
        const step = tracer.current()?.begin(`store ${name}`, 'internal', { 'db.operation.name': name });
        const outcome: unknown = Reflect.apply(value, target, values);
        if (outcome instanceof Promise) {
          outcome.then(
            () => step?.span.end(),
            (failure: unknown) => step?.span.end(toGatewayError(failure).code),
          );
        } else step?.span.end();
        return outcome;
      };
    },
  });
}
