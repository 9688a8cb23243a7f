import cluster from 'node:cluster';
import { warningsOf, welcome } from '../config/index.ts';
import { tellOfProcess } from '../observability/load-metrics.ts';
import { createLog } from '../observability/log.ts';
import { Registry } from '../observability/metrics.ts';
import { createMetricsSum } from '../observability/metrics-sum.ts';
import { createReloadMetrics } from '../observability/reload-metrics.ts';
import { createLogMetrics, createWorkerMetrics } from '../observability/worker-metrics.ts';
import { choosePort, sideUrls } from './choose-port.ts';
import { createReloads } from './reloads.ts';
import type { Program } from './run-alone.ts';
import { type Crew, shareConfig } from './shared-config.ts';
import { heedUncaught } from './signals.ts';
import { startWorker, type Worker } from './worker.ts';
import { createWorkerPool } from './worker-pool.ts';

/** How long workers may take beyond the time that running calls have, and to tell their metrics. Our choice. */
const marginMs = 10_000;
const metricsMs = 1_000;

/** Has as many processes serve as the configuration says, and serves nothing itself. Rejects if they cannot begin. */
export async function supervise({ config: written, load, watch, signals }: Program): Promise<void> {
  const withPort = await choosePort(written);
  const config = withPort(written);
  const registry = new Registry();
  const log = createLog(config.log, { writer: 'one of several', whenLost: createLogMetrics(registry).lost });
  for (const warning of warningsOf(config)) log.warn(warning);
  tellOfProcess(registry, 'primary');
  heedUncaught({ log, registry, end: signals.fail });
  const sum = createMetricsSum(registry);
  // What is copied to a worker must be what it was: numbers that JSON does not know among it.
  cluster.setupPrimary({ serialization: 'advanced' });

  const crew: Crew = {
    serving: () => [...pool.serving],
    tried: () => pool.tried(),
    dismiss: (worker) => pool.dismiss(worker, shared.current.drainMs + marginMs),
  };
  const shared = shareConfig(config, crew, log);
  const pool = createWorkerPool({
    size: config.processes,
    start: () => startWorker(() => shared.current, sum.read),
    whenListening(worker) {
      shared.join(worker);
      const leave = sum.join({ readMetrics: () => worker.calls.ask('readMetrics', undefined, metricsMs) });
      void worker.ended.then(leave);
    },
    log,
    metrics: createWorkerMetrics(registry),
  });
  const reloads = createReloads({
    load: () => withPort(load()),
    async apply(next) {
      const reloaded = await shared.apply(next);
      log.level = shared.current.log.level;
      return reloaded;
    },
    watch,
    log,
    metrics: createReloadMetrics(registry),
  });
  // Also before anybody listens: this signal must not end the program.
  process.on('SIGHUP', reloads.request);
  signals.endBy({
    async end(signal) {
      log.info({ signal }, 'stopping');
      reloads.close();
      return drain(pool.disband(), shared.current.drainMs + marginMs);
    },
    abandon() {
      for (const worker of pool.all) worker.kill();
    },
  });
  process.stdout.write(welcome(config, await pool.listening, sideUrls(config)));
}

/** Has workers end in good order, and ends those that do not within the time. The exit code is 0 if all of them did. */
async function drain(workers: readonly Worker[], withinMs: number): Promise<number> {
  const timer = setTimeout(() => {
    for (const worker of workers) worker.kill();
  }, withinMs);
  for (const { calls } of workers) calls.ask('drain', undefined).catch(() => undefined);
  const ends = await Promise.all(workers.map(({ ended }) => ended));
  clearTimeout(timer);
  return ends.every(({ code }) => code === 0) ? 0 : 1;
}
