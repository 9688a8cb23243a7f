import type { Worker } from 'node:cluster';
import type { Config } from '../config/index.ts';
import type { MetricsSnapshot } from '../observability/metrics-sum.ts';
import type { Channel } from './remote-calls.ts';

/** A variable of the environment that tells our own workers from programs that somebody else's cluster runs: which of them it is. */
export const workerMark = 'DRAGOMAN_WORKER';

/** What a worker is asked by the process that has started it. */
export interface WorkerCalls {
  /** Opens what another configuration names, beside what is there. */
  prepare(config: Config): Promise<Vote>;
  /** Has what was prepared take over. */
  commit(argument: undefined): Promise<void>;
  /** Gives up what was prepared. */
  discard(argument: undefined): Promise<void>;
  /** Its own metrics. */
  readMetrics(argument: undefined): Promise<MetricsSnapshot>;
  /** Shows that it does not hang. */
  heartbeat(argument: undefined): void;
  /** Ends it in good order; nothing is waited for. */
  drain(argument: undefined): void;
}

/** Whether a configuration can take over in one worker. */
export type Vote =
  | { readonly outcome: 'ready' | 'unchanged' }
  | { readonly outcome: 'refused' | 'failed'; readonly problem: string };

/** What the first process is asked by its workers. */
export interface PrimaryCalls {
  /** The configuration to begin with: the last good one. */
  begin(argument: undefined): Config;
  listening(url: string): void;
  /** Why it cannot begin, for people. */
  failed(problem: string): void;
  /** The metrics of all workers, as Prometheus reads them. */
  sumMetrics(argument: undefined): Promise<string>;
}

/** The first process's end of the channel to a worker. What cannot be sent is not answered: whoever asked hears of the end. */
export const lineTo = (worker: Worker): Channel => ({
  send(message) {
    if (worker.isConnected()) worker.send(message, () => undefined);
  },
  hear: (listener) => worker.on('message', listener),
  whenCut: (listener) => worker.once('disconnect', listener).once('exit', listener),
});

/** A worker's end of it. */
export const lineToPrimary: Channel = {
  send(message) {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  },
  hear: (listener) => process.on('message', listener),
  whenCut: (listener) => process.once('disconnect', listener),
};
