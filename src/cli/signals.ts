import { ownerOf } from '../backends/module/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Registry } from '../observability/metrics.ts';
import { createModuleMetrics } from '../observability/worker-metrics.ts';
import { fail } from './explain-failure.ts';

/** The exit code of a program that was told to end, and then told to do so at once. */
const stoppedAtOnce = 130;

/** The exit code of a program that has failed. */
const failed = 1;

/** How a program ends in good order. */
export interface Shutdown {
  /** Resolves with the exit code. Without a signal it ends by itself, as one that has failed. */
  end(signal?: NodeJS.Signals): Promise<number>;
  /** Called just before it ends at once. */
  abandon?(): void;
}

export interface Signals {
  /** Has the program end so, when it is told to from now on. */
  endBy(ending: Shutdown): void;
  /** Has the program end in good order by itself, with an exit code that tells that it has failed. */
  fail(): void;
}

/**
 * Heeds what tells the program to end, from now on: the first process of a container is not ended by signals that it does not heed.
 * It ends with 0 at once while nothing has begun that has to be ended, and at once when it is told again.
 */
export function heedSignals(): Signals {
  let ending: Shutdown = { end: () => Promise.resolve(0) };
  let isEnding = false;
  const heed = (signal: NodeJS.Signals): void => {
    if (isEnding) {
      ending.abandon?.();
      process.exit(stoppedAtOnce);
    }
    isEnding = true;
    ending.end(signal).then((code) => process.exit(code), fail);
  };
  process.on('SIGTERM', heed);
  process.on('SIGINT', heed);
  return {
    endBy(anew) {
      ending = anew;
    },
    fail() {
      if (isEnding) return;
      isEnding = true;
      ending.end().then(() => process.exit(failed), fail);
    },
  };
}

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
