import cluster from 'node:cluster';
import type { Config } from '../config/index.ts';
import { handOn } from './connection-hand-off.ts';
import { connectCalls, type Remote } from './remote-calls.ts';
import { lineTo, type PrimaryCalls, type WorkerCalls, workerMark } from './worker-calls.ts';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that serves, or is about to. */
export interface Worker {
  readonly pid: number;
  readonly calls: Remote<WorkerCalls>;
  /** The configuration that it works by. */
  config: Config;
  readonly startedAt: number;
  /** Resolves with its address when it listens; rejects with why it cannot, for people, or if it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<Ended>;
  /** It is given nothing more, and ends when what it has begun has ended. */
  leave(): void;
  kill(): void;
}

/** Of those that have not ended: one that takes another's place takes its number, so that metrics have no more of them than there are. */
const numbers = new Set<number>();

function freeNumber(): number {
  let number = 1;
  while (numbers.has(number)) number += 1;
  numbers.add(number);
  return number;
}

/** Starts a process that serves by a configuration. It asks for the newest one itself, when it has come so far. */
export function startWorker(newest: () => Config, sumMetrics: PrimaryCalls['sumMetrics']): Worker {
  const number = freeNumber();
  const forked = cluster.fork({ [workerMark]: String(number) });
  handOn(forked);
  let report: { resolve(url: string): void; reject(failure: Error): void } | undefined;
  const listening = new Promise<string>((resolve, reject) => {
    report = { resolve, reject };
  });
  const answers: PrimaryCalls = {
    begin() {
      worker.config = newest();
      return worker.config;
    },
    listening: (url) => report?.resolve(url),
    failed: (problem) => report?.reject(new Error(problem)),
    sumMetrics,
  };
  const ended = new Promise<Ended>((resolve) => {
    forked.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
  });
  void ended.then(() => numbers.delete(number));
  void ended.then(({ code, signal }) =>
    report?.reject(new Error(`A worker ended before it listened (${signal ?? `code ${code ?? ''}`})`)),
  );
  const worker: Worker = {
    pid: forked.process.pid ?? 0,
    calls: connectCalls<WorkerCalls>(lineTo(forked), answers),
    config: newest(),
    startedAt: performance.now(),
    listening,
    ended,
    leave() {
      worker.calls.ask('drain', undefined).catch(() => undefined);
      forked.disconnect(); // one that refuses what it is given would be given ever more of it
    },
    kill: () => void forked.process.kill('SIGKILL'),
  };
  return worker;
}
