import { Counter, Gauge, type Registry } from 'prom-client';

/** What came of a configuration: it is in force, it was already, it is wrong or asks for a restart, or it could not be opened. */
export const reloadResults = ['applied', 'unchanged', 'refused', 'failed'] as const;

export type ReloadResult = (typeof reloadResults)[number];

export interface ReloadMetrics {
  /** The file was looked at anew, and this came of it. */
  reloaded(result: ReloadResult): void;
}

/** Counts configurations in a registry, from the one of the start, which is the first. */
export function createReloadMetrics(registry: Registry): ReloadMetrics {
  const registers = [registry];
  const generation = new Gauge({
    name: 'dragoman_config_generation',
    help: 'Which configuration is in force, counted from 1, that of the start',
    registers,
  });
  const reloads = new Counter({
    name: 'dragoman_config_reloads_total',
    help: 'Times that the configuration was looked at anew, by what came of it',
    labelNames: ['result'],
    registers,
  });
  const success = new Gauge({
    name: 'dragoman_config_last_reload_success',
    help: '1 if what the file says is in force, 0 while an earlier configuration is, since the newest cannot be used',
    registers,
  });
  const appliedAt = new Gauge({
    name: 'dragoman_config_last_applied_timestamp_seconds',
    help: 'When the configuration in force took over',
    registers,
  });
  for (const result of reloadResults) reloads.labels(result).inc(0); // an alert needs a value before the first failure
  generation.set(1);
  success.set(1);
  appliedAt.setToCurrentTime();
  return {
    reloaded(result) {
      reloads.labels(result).inc();
      success.set(result === 'applied' || result === 'unchanged' ? 1 : 0);
      if (result !== 'applied') return;
      generation.inc();
      appliedAt.setToCurrentTime();
    },
  };
}
