import cluster from 'node:cluster';
import { type Prepared, type RunningGateway, startGateway } from '../app.ts';
import { createLog, type Logger } from '../observability/log.ts';
import { Registry } from '../observability/metrics.ts';
import { createLogMetrics } from '../observability/worker-metrics.ts';
import { explainFailure } from './explain-failure.ts';
import { connectCalls } from './remote-calls.ts';
import { heedUncaught } from './signals.ts';
import { lineToPrimary, type PrimaryCalls, type WorkerCalls, workerMark } from './worker-calls.ts';

/** How long the sum of all metrics is waited for. Our choice. */
const sumMs = 3_000;

/** Serves until the process that started this one says otherwise, or is gone. */
export async function serveAsWorker(): Promise<void> {
  let gateway: RunningGateway | undefined;
  let preparing: Promise<Prepared | undefined> = Promise.resolve(undefined);
  /** What was asked for last, to take over or to be given up, and never both. */
  const take = (): typeof preparing => {
    const taken = preparing;
    preparing = Promise.resolve(undefined);
    return taken;
  };
  let isEnding = false;
  const end = async (code = 0): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await gateway?.close(gateway.config.drainMs);
    process.exit(code);
  };
  /** Ends as one that has failed, and is given nothing more meanwhile. */
  const leave = (): Promise<void> => {
    const ended = end(1);
    cluster.worker?.disconnect();
    return ended;
  };
  followPrimary(() => end());
  const registry = new Registry();
  const primary = connectCalls<PrimaryCalls>(lineToPrimary, {
    async prepare(config) {
      // Whoever asked for one before may have given up waiting for it.
      preparing = abandon(take()).then(() => gateway?.prepare(config));
      const prepared = await preparing;
      if (prepared === undefined) return { outcome: 'failed', problem: 'The worker does not serve yet' };
      return 'problem' in prepared ? prepared : { outcome: prepared.outcome };
    },
    async commit() {
      const prepared = await take();
      if (prepared?.outcome === 'ready') prepared.commit();
    },
    discard: () => abandon(take()),
    readMetrics: () => registry.getMetricsAsJSON(),
    heartbeat: () => undefined,
    drain: () => void end(),
  } satisfies WorkerCalls);
  try {
    const config = await primary.ask('begin', undefined);
    const log = createLog(config.log, { writer: 'one of several', whenLost: createLogMetrics(registry).lost });
    heedUncaught({ log, registry, end: () => void leave() });
    const readMetrics = readSum(() => primary.ask('sumMetrics', undefined, sumMs), log);
    gateway = await startGateway(config, log, { registry, readMetrics, worker: process.env[workerMark] ?? '' });
    await primary.ask('listening', gateway.url);
  } catch (failure) {
    await primary.ask('failed', explainFailure(failure)).catch(() => undefined);
    process.exit(1);
  }
}

/** A sum that cannot be read is told as that, and logged once: what one process counts would be taken for counters that began anew. */
function readSum(read: () => Promise<string>, log: Logger): () => Promise<string | undefined> {
  let isMissing = false;
  return async () => {
    try {
      const page = await read();
      isMissing = false;
      return page;
    } catch (failure) {
      if (!isMissing) log.warn({ err: failure }, 'worker metrics could not be read');
      isMissing = true;
      return undefined;
    }
  };
}

async function abandon(preparing: Promise<Prepared | undefined>): Promise<void> {
  const prepared = await preparing;
  if (prepared?.outcome === 'ready') await prepared.discard();
}

/**
 * A terminal and some supervisors tell every process of a group to end: a worker hears it from the one that started it alone, so that
 * nothing is told twice. When that one is gone, nobody would ever end the worker, nor send it a connection.
 */
function followPrimary(end: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  const { worker } = cluster;
  worker?.once('disconnect', () => {
    worker.exitedAfterDisconnect = true; // or Node ends it on the spot
    void end();
  });
}
