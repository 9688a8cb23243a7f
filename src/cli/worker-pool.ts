import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../observability/log.ts';
import type { WorkerMetrics } from '../observability/worker-metrics.ts';
import type { Worker } from './worker.ts';

/** Our choice: the first that dies is replaced at once; who dies young again and again, after a while. */
const youngMs = 30_000;
const firstRestMs = 100;
const longestRestMs = 5_000;
/**
 * How long a worker may take until it listens, for catalogues may be large; how long it has to answer a sign that it hears; and how
 * many it may miss in a row: a machine that was asleep has them all late once. Our choice.
 */
const defaultPatience = { beginMs: 600_000, signMs: 10_000, misses: 6 };

export interface WorkerPoolOptions {
  readonly size: number;
  start(): Worker;
  /** A worker serves from now on. */
  whenListening(worker: Worker): void;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  readonly patience?: typeof defaultPatience;
}

/** Workers, of which each that ends is replaced. */
export interface WorkerPool {
  /** Resolves with the address that all share when the first of all listens; rejects if that one cannot begin by itself. */
  readonly listening: Promise<string>;
  /** Resolves when any listens, or one has tried to and cannot. */
  tried(): Promise<void>;
  /** Those that listen. */
  readonly serving: ReadonlySet<Worker>;
  /** Those that there are, whatever they are at. */
  readonly all: ReadonlySet<Worker>;
  /** Has one leave, and ends it if it has not within the time (milliseconds). It is replaced then. */
  dismiss(worker: Worker, withinMs: number): void;
  /** Replaces nobody from now on, and ends those that do not listen yet: they serve nobody. Gives those that are left. */
  disband(): readonly Worker[];
}

/**
 * Starts workers and keeps their number, so that a crash of one takes no other with it. While none listens they begin one at a time:
 * a port that is taken is to be told once, and Node's own bookkeeping of shared ports does not survive to tell it twice at a time.
 */
export function createWorkerPool({
  size,
  start,
  whenListening,
  log,
  metrics,
  patience = defaultPatience,
}: WorkerPoolOptions): WorkerPool {
  const serving = new Set<Worker>();
  /** Those that listen, or have. */
  const begun = new Set<Worker>();
  const all = new Set<Worker>();
  const waiting = new Set<() => void>();
  let vacant = size;
  let deathsInARow = 0;
  let isDisbanded = false;

  const fill = (): void => {
    while (!isDisbanded && vacant > 0 && (serving.size > 0 || all.size === begun.size)) {
      vacant -= 1;
      void follow(start());
    }
  };

  const begin = async (worker: Worker): Promise<void> => {
    // One that hangs would hold up those who are to begin after it.
    const hangs = setTimeout(() => {
      log.error({ pid: worker.pid, withinMs: patience.beginMs }, 'worker start timed out: worker killed');
      worker.kill();
    }, patience.beginMs);
    try {
      await worker.listening;
      if (isDisbanded) return; // it is being ended
      begun.add(worker);
      serving.add(worker);
      metrics.serving(serving.size);
      whenListening(worker);
      void watch(worker);
      fill();
    } catch (failure) {
      const problem = failure instanceof Error ? failure.message : String(failure);
      if (!isDisbanded) log.error({ pid: worker.pid, problem }, 'worker start failed');
    } finally {
      clearTimeout(hangs);
      for (const resume of waiting) resume();
      waiting.clear();
    }
  };

  /** Ends one that hangs: it goes on being given connections, and the health of the others hides it. */
  const watch = async (worker: Worker): Promise<void> => {
    for (let missed = 0; missed < patience.misses; ) {
      await pause(patience.signMs, undefined, { ref: false });
      if (!serving.has(worker)) return;
      const answered = worker.calls.ask('heartbeat', undefined, patience.signMs);
      missed = await answered.then(
        () => 0,
        () => missed + 1,
      );
    }
    if (isDisbanded || !serving.has(worker)) return;
    log.error({ pid: worker.pid }, 'worker unresponsive: worker killed');
    worker.kill();
  };

  const follow = async (worker: Worker): Promise<void> => {
    all.add(worker);
    await begin(worker);
    const ended = await worker.ended;
    all.delete(worker);
    begun.delete(worker);
    serving.delete(worker);
    metrics.serving(serving.size);
    if (isDisbanded) return;
    deathsInARow = performance.now() - worker.startedAt < youngMs ? deathsInARow + 1 : 1;
    const restMs = deathsInARow === 1 ? 0 : Math.min(firstRestMs * 2 ** (deathsInARow - 2), longestRestMs);
    log.error({ pid: worker.pid, ...ended, restMs }, 'worker exited: it is replaced');
    setTimeout(() => {
      metrics.restarted();
      vacant += 1;
      fill();
    }, restMs);
  };

  vacant -= 1;
  const first = start();
  const listening = first.listening.catch((failure: unknown) => {
    if (isDisbanded) return new Promise<never>(() => undefined);
    isDisbanded = true;
    throw failure;
  });
  void follow(first);
  return {
    listening,
    async tried() {
      if (serving.size === 0) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    serving,
    all,
    dismiss(worker, withinMs) {
      serving.delete(worker);
      metrics.serving(serving.size);
      worker.leave();
      const late = setTimeout(() => worker.kill(), withinMs);
      void worker.ended.then(() => clearTimeout(late));
    },
    disband() {
      isDisbanded = true;
      for (const worker of all) if (!begun.has(worker)) worker.kill();
      return [...begun];
    },
  };
}
