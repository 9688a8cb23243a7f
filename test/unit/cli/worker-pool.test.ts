import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Ended, Worker } from '../../../src/cli/worker.ts';
import { createWorkerPool } from '../../../src/cli/worker-pool.ts';
import { Registry } from '../../../src/observability/metrics.ts';
import { createWorkerMetrics } from '../../../src/observability/worker-metrics.ts';

/** What a worker does when it is asked to begin, and to give a sign. */
interface Manners {
  readonly begins: boolean;
  hangs(): boolean;
}

const killed: Ended = { code: null, signal: 'SIGKILL' };
/** Those that were told to leave in good order, and do not. */
const left: number[] = [];

/** A worker without a process, with the manners that a test gives it. */
function createWorker(pid: number, { begins, hangs }: Manners): Worker {
  let end = (_: Ended): void => undefined;
  const ended = new Promise<Ended>((resolve) => {
    end = resolve;
  });
  const listening = begins
    ? Promise.resolve('http://127.0.0.1:1')
    : ended.then((): string => {
        throw new Error('It ended before it listened');
      });
  return {
    pid,
    calls: {
      // It answers nothing, whatever it is asked.
      ask: async (_name, _argument, withinMs = 0) => {
        if (!hangs()) return undefined as never;
        await pause(withinMs);
        throw new Error('The other process does not answer');
      },
    },
    config: undefined as never, // nobody looks at it here
    startedAt: performance.now(),
    listening,
    ended,
    leave: () => void left.push(pid),
    kill: () => end(killed),
  };
}

function runFleet(size: number, manners: (pid: number) => Manners) {
  const started: Worker[] = [];
  const logged: { pid?: number; msg: string }[] = [];
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) });
  const fleet = createWorkerPool({
    size,
    start() {
      const worker = createWorker(started.length + 1, manners(started.length + 1));
      started.push(worker);
      return worker;
    },
    whenListening: () => undefined,
    log,
    metrics: createWorkerMetrics(new Registry()),
    patience: { beginMs: 100, signMs: 10, misses: 3 },
  });
  return { fleet, started, said: () => logged.map(({ pid, msg }) => `${pid}: ${msg}`) };
}

const pids = (workers: ReadonlySet<Worker>): readonly number[] => [...workers].map(({ pid }) => pid);

describe('workers', () => {
  it('of which one never listens do not wait for it for ever', async () => {
    const { fleet, said } = runFleet(2, (pid) => ({ begins: pid !== 2, hangs: () => false }));
    await fleet.listening;
    await expect.poll(() => pids(fleet.serving)).toEqual([1, 3]);
    fleet.disband();
    expect(said()).toContain('2: worker start timed out: worker killed');
  });

  it('of which one hangs lose it, and are not fewer for it', async () => {
    let signs = 0;
    // Of the first: signs that come late now and then are none that are missing.
    const hangs = () => {
      signs += 1;
      return signs > 6 || signs % 3 !== 0;
    };
    const { fleet, said } = runFleet(2, (pid) => ({ begins: true, hangs: pid === 1 ? hangs : () => false }));
    await expect.poll(() => pids(fleet.serving)).toEqual([2, 3]);
    fleet.disband();
    expect(signs).toBe(9);
    expect(said().filter((line) => line.startsWith('1:'))).toEqual([
      '1: worker unresponsive: worker killed',
      '1: worker exited: it is replaced',
    ]);
  });

  it('that are to end lose those that do not listen yet: they serve nobody, and would not hear of it', async () => {
    const { fleet, said, started } = runFleet(3, (pid) => ({ begins: pid === 1, hangs: () => false }));
    await fleet.listening;
    await expect.poll(() => pids(fleet.all)).toEqual([1, 2, 3]);
    expect(fleet.disband().map(({ pid }) => pid)).toEqual([1]);
    expect(await Promise.all(started.slice(1).map(({ ended }) => ended))).toEqual([killed, killed]);
    expect(said()).toEqual([]);
  });

  it('that are to end before any listens do not say that one could not', async () => {
    const { fleet, started } = runFleet(2, () => ({ begins: false, hangs: () => false }));
    const failures: unknown[] = [];
    fleet.listening.catch((failure: unknown) => failures.push(failure));
    expect(fleet.disband()).toEqual([]);
    expect(await started[0]?.ended).toEqual(killed);
    await expect.poll(() => pids(fleet.all)).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('of which one is dismissed lose it when it has ended, and give it no longer than it is given', async () => {
    const { fleet, started, said } = runFleet(2, () => ({ begins: true, hangs: () => false }));
    await expect.poll(() => pids(fleet.serving)).toEqual([1, 2]);
    const [first] = started;
    if (first) fleet.dismiss(first, 30);
    expect([pids(fleet.serving), left]).toEqual([[2], [1]]);
    await expect.poll(() => pids(fleet.serving)).toEqual([2, 3]);
    expect(said()).toEqual(['1: worker exited: it is replaced']);
    fleet.disband();
  });

  it('are tried by whoever waits for one that serves, also where none can', async () => {
    let begins = true;
    const { fleet, started } = runFleet(1, () => ({ begins, hangs: () => false }));
    await fleet.tried();
    expect(pids(fleet.serving)).toEqual([1]);
    begins = false;
    started[0]?.kill();
    await expect.poll(() => pids(fleet.all)).toEqual([2]);
    const trying = fleet.tried();
    started[1]?.kill();
    await trying;
    expect(pids(fleet.serving)).toEqual([]);
    fleet.disband();
  });

  it('of which the first never listens say so', async () => {
    const { fleet } = runFleet(2, () => ({ begins: false, hangs: () => false }));
    await expect(fleet.listening).rejects.toThrow('It ended before it listened');
  });
});
