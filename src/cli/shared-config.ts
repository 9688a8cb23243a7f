import { isDeepStrictEqual } from 'node:util';
import { refusalFor } from '../app/restart.ts';
import type { Reloaded } from '../app.ts';
import type { Config } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import { isGone } from './remote-calls.ts';
import type { Worker } from './worker.ts';
import type { Vote } from './worker-calls.ts';

/** How long a worker that hangs is taken for one that does not: it says itself when it cannot open something in time. Our choice. */
const preparingMs = 130_000;
/** How long it may take to do what it has prepared, or to leave it. A worker that hangs holds up nobody. */
const doingMs = 10_000;
/** How long it may take to show that it does not hang. */
const signMs = 2_000;

/** The workers that are to work by one configuration. */
export interface Crew {
  /** Those that serve now. */
  serving(): readonly Worker[];
  /** Resolves when any serves, or one has tried to and cannot. */
  tried(): Promise<void>;
  /** Has one end in good order, and be replaced. */
  dismiss(worker: Worker): void;
}

/** The configuration that all workers work by. */
export interface SharedConfig {
  readonly current: Config;
  /** Has another one take over in all workers, or in none: each opens what it names first. Never rejects. */
  apply(config: Config): Promise<Reloaded>;
  /** Sees to it that a worker which has just begun works by the one in force. */
  join(worker: Worker): void;
}

/** What a worker says of a configuration: nothing any more, if it has ended of that, or while it was at it. */
type Answer = Vote | { readonly outcome: 'gone'; readonly problem: string };

type Spread = Reloaded | Extract<Answer, { outcome: 'gone' }>;

export function shareConfig(first: Config, crew: Crew, log: Logger): SharedConfig {
  let current = first;
  let last: Promise<unknown> = Promise.resolve();
  /** A worker has one thing to prepare at a time. */
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(step, step);
    last = mine;
    return mine;
  };
  const join = (worker: Worker): void => void inTurn(() => catchUp(worker));

  /** Those that do not hang. The others follow when they are themselves again; those put in their place begin with the newest. */
  const awakeOf = async (over: readonly Worker[]): Promise<readonly Worker[]> => {
    const signs = over.map(async (worker) => {
      const { calls, pid } = worker;
      if (await succeeds(calls.ask('heartbeat', undefined, signMs))) return [worker];
      log.warn({ pid }, 'worker unresponsive: not waited for');
      void succeeds(calls.ask('heartbeat', undefined)).then((lives) => lives && join(worker));
      return [];
    });
    return (await Promise.all(signs)).flat();
  };

  const spread = async (config: Config, over: readonly Worker[]): Promise<Spread> => {
    const awake = await awakeOf(over);
    if (awake.length === 0) return { outcome: 'gone', problem: 'No worker answers' };
    const votes = await Promise.all(awake.map(async (worker) => ({ worker, vote: await prepare(worker, config) })));
    const ready = votes.filter(({ vote }) => vote.outcome === 'ready').map(({ worker }) => worker);
    const against = votes.flatMap(({ vote }) => ('problem' in vote ? [vote] : []));
    const [refused = against[0]] = against.filter(({ outcome }) => outcome !== 'gone');
    if (refused !== undefined) {
      // Also one that is not ready yet: it would keep what it opens.
      await tellAll(awake, 'discard');
      return refused;
    }
    // Before it takes over: a worker that begins meanwhile begins with it.
    current = config;
    for (const worker of awake) worker.config = config;
    await tellAll(ready, 'commit');
    return { outcome: ready.length > 0 ? 'applied' : 'unchanged' };
  };

  /** One that ends meanwhile may have done so of itself. If one does so again, those in their place would too. */
  const apply = async (config: Config): Promise<Reloaded> => {
    for (let isLast = false; ; isLast = true) {
      await crew.tried();
      const over = crew.serving();
      if (over.length === 0) return adopt(config);
      const outcome = await spread(config, over);
      if (outcome.outcome !== 'gone') return outcome;
      if (isLast) return { ...outcome, outcome: 'failed' };
      log.warn({ problem: outcome.problem }, 'configuration reload retried');
    }
  };

  /** Nobody can begin by the one in force, so nothing is lost with it. */
  const adopt = (config: Config): Reloaded => {
    if (isDeepStrictEqual(current, config)) return { outcome: 'unchanged' };
    const refusal = refusalFor(current, config);
    if (refusal) return refusal;
    log.warn('no worker starts with the configuration in force: the next one tries the newest');
    current = config;
    return { outcome: 'applied' };
  };

  const catchUp = async (worker: Worker): Promise<void> => {
    if (worker.config === current) return;
    const { pid } = worker;
    const outcome = await spread(current, [worker]);
    if (!('problem' in outcome) || outcome.outcome === 'gone') return;
    log.error({ pid, ...outcome }, 'worker failed to apply the configuration in force: it is replaced');
    crew.dismiss(worker);
  };

  return {
    get current() {
      return current;
    },
    apply: (config) =>
      inTurn(async () => {
        const asked = new Set(crew.serving());
        const reloaded = await apply(config);
        // Some may have begun with the one before, while the others were asked.
        for (const worker of crew.serving()) if (!asked.has(worker)) await catchUp(worker);
        return reloaded;
      }),
    join,
  };
}

async function prepare({ calls, pid, ended }: Worker, config: Config): Promise<Answer> {
  try {
    return await calls.ask('prepare', config, preparingMs);
  } catch (failure) {
    const problem = `Worker ${pid}: ${failure instanceof Error ? failure.message : String(failure)}`;
    if (!isGone(failure)) return { outcome: 'failed', problem };
    await ended; // until then it counts as one that serves
    return { outcome: 'gone', problem };
  }
}

const tellAll = (workers: readonly Worker[], what: 'commit' | 'discard'): Promise<unknown> =>
  Promise.all(workers.map(({ calls }) => succeeds(calls.ask(what, undefined, doingMs)))); // who is gone is replaced

const succeeds = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );
