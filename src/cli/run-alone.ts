import { startGateway } from '../app.ts';
import { type Config, warningsOf, welcome } from '../config/index.ts';
import { createLog } from '../observability/log.ts';
import { Registry } from '../observability/metrics.ts';
import { createReloadMetrics } from '../observability/reload-metrics.ts';
import { createLogMetrics } from '../observability/worker-metrics.ts';
import { createReloads } from './reloads.ts';
import { heedUncaught, type Signals } from './signals.ts';
import type { FileWatch } from './watch-files.ts';

/** What the program is run with. */
export interface Program {
  readonly config: Config;
  /** Reads the configuration as it is now; throws an error that lists everything that is wrong with it. */
  load(): Config;
  readonly watch: FileWatch;
  readonly signals: Signals;
}

/** Serves in this process until the program is told to end. Rejects if it cannot begin. */
export async function runAlone({ config, load, watch, signals }: Program): Promise<void> {
  const registry = new Registry();
  const log = createLog(config.log, { whenLost: createLogMetrics(registry).lost });
  for (const warning of warningsOf(config)) log.warn(warning);
  heedUncaught({ log, registry, end: signals.fail });
  const starting = startGateway(config, log, { registry });
  const metrics = createReloadMetrics(registry);
  const reloads = createReloads({ load, apply: async (next) => (await starting).reload(next), watch, log, metrics });
  // Also before anybody listens: this signal must not end the program.
  process.on('SIGHUP', reloads.request);
  const gateway = await starting;
  signals.endBy({
    async end(signal) {
      log.info({ signal }, 'stopping');
      reloads.close();
      await gateway.close(gateway.config.drainMs);
      return 0;
    },
  });
  process.stdout.write(welcome(config, gateway.url, gateway));
}
