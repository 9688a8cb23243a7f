import { ownerOf } from '../backends/module/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Registry } from '../observability/metrics.ts';
import { createModuleMetrics } from '../observability/worker-metrics.ts';

export interface UncaughtOptions {
  readonly log: Logger;
  readonly registry: Registry;
  /** Ends the program in good order, as one that failed. May be called again. */
  end(): void;
}

/**
 * Heeds errors that nobody caught, and promises that failed with nobody waiting. One of a backend's module is told and counted as
 * its own, and the program goes on; after any other nothing can be relied on, so that the program ends, for whoever watches over it
 * to begin it anew.
 */
export function heedUncaught({ log, registry, end }: UncaughtOptions): void {
  const metrics = createModuleMetrics(registry);
  process.on('uncaughtException', (error: unknown, origin) => {
    const backend = ownerOf(error);
    if (backend === undefined) {
      log.fatal({ err: error, origin }, 'uncaught error: the program drains and exits');
      end();
      return;
    }
    metrics.failed(backend);
    log.error({ backend, err: error, origin }, 'uncaught error in a module backend');
  });
}
