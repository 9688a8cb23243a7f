import type { Reloaded } from '../app.ts';
import type { Config } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Worker } from './worker.ts';
import type { Vote } from './worker-calls.ts';

/** How long a worker may take to open what a configuration names; catalogues may be large. Our choice. */
const preparingMs = 120_000;
/** How long it may take to do what it has prepared, or to leave it. A worker that hangs holds up nobody. */
const doingMs = 10_000;

/** The configuration that all workers work by. */
export interface SharedConfig {
  readonly current: Config;
  /** Has another one take over in all workers, or in none: each opens what it names first. Never rejects. */
  apply(config: Config): Promise<Reloaded>;
  /** Sees to it that a worker which has just begun works by the one in force. */
  join(worker: Worker): void;
}

/** `workers` are those that serve now. */
export function shareConfig(first: Config, workers: () => readonly Worker[], log: Logger): SharedConfig {
  let current = first;
  let last: Promise<unknown> = Promise.resolve();
  /** A worker has one thing to prepare at a time. */
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(step, step);
    last = mine;
    return mine;
  };

  const spread = async (config: Config, over: readonly Worker[]): Promise<Reloaded> => {
    const votes = await Promise.all(over.map(async (worker) => ({ worker, vote: await prepare(worker, config) })));
    const ready = votes.filter(({ vote }) => vote.outcome === 'ready').map(({ worker }) => worker);
    const against = votes.map(({ vote }) => vote).find((vote) => 'problem' in vote);
    if (against !== undefined && 'problem' in against) {
      // Also one that is not ready yet: it would keep what it opens.
      await tellAll(over, 'discard');
      return against;
    }
    // Before it takes over: a worker that begins meanwhile begins with it.
    current = config;
    for (const { worker } of votes) worker.config = config;
    await tellAll(ready, 'commit');
    return { outcome: ready.length > 0 ? 'applied' : 'unchanged' };
  };

  const catchUp = async (worker: Worker): Promise<void> => {
    if (worker.config === current) return;
    const { pid } = worker;
    const outcome = await spread(current, [worker]);
    if ('problem' in outcome) {
      log.error({ pid, ...outcome }, 'worker cannot follow the configuration in force, and is replaced');
      await tellAll([worker], 'drain');
    }
  };

  return {
    get current() {
      return current;
    },
    apply: (config) =>
      inTurn(async () => {
        const reloaded = await spread(config, workers());
        // Some may have begun with the one before, while the others were asked.
        for (const worker of workers()) await catchUp(worker);
        return reloaded;
      }),
    join: (worker) => void inTurn(() => catchUp(worker)),
  };
}

/** One that dies of a configuration is against it: those in its place would die of it too. */
async function prepare({ calls, pid }: Worker, config: Config): Promise<Vote> {
  try {
    return await calls.ask('prepare', config, preparingMs);
  } catch (failure) {
    return {
      outcome: 'failed',
      problem: `Worker ${pid}: ${failure instanceof Error ? failure.message : String(failure)}`,
    };
  }
}

const tellAll = (workers: readonly Worker[], what: 'commit' | 'discard' | 'drain'): Promise<unknown> =>
  Promise.all(workers.map(({ calls }) => calls.ask(what, undefined, doingMs).catch(() => undefined))); // who is gone is replaced
