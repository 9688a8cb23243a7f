import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { connectCalls } from '../../../src/cli/remote-calls.ts';
import { shareConfig } from '../../../src/cli/shared-config.ts';
import type { Ended, Worker } from '../../../src/cli/worker.ts';
import type { Vote, WorkerCalls } from '../../../src/cli/worker-calls.ts';
import type { Config } from '../../../src/config/index.ts';
import { read, sampleWith } from '../config/sample.ts';

const first = read(sampleWith('drain', '1s'));
const second = read(sampleWith('drain', '2s'));

type Answers = (call: string, config?: Config) => unknown;

/** A worker without a process, which answers as a test says. `hang` has it answer later, `die` never again. */
function createWorker(
  pid: number,
  answers: Answers = (call) => (call === 'prepare' ? { outcome: 'ready' } : undefined),
) {
  const asked: string[] = [];
  let end = (_: Ended): void => undefined;
  const ended = new Promise<Ended>((resolve) => {
    end = resolve;
  });
  let cut = (): void => undefined;
  let hear = (_: unknown): void => undefined;
  let waiting: (() => void)[] | undefined;
  const calls = connectCalls<WorkerCalls>(
    {
      send(message) {
        const { id, name, argument } = message as { id: number; name: string; argument: Config }; // it asks, and nothing else
        const answer = async (): Promise<void> => {
          asked.push(name);
          hear({ is: 'answered', id, answer: await answers(name, argument) });
        };
        if (waiting) waiting.push(() => void answer());
        else void answer();
      },
      hear(listener) {
        hear = listener;
      },
      whenCut(listener) {
        cut = listener;
      },
    },
    {},
  );
  const worker: Worker = {
    pid,
    calls,
    config: first,
    startedAt: 0,
    listening: Promise.resolve('http://127.0.0.1:1'),
    ended,
    leave: () => undefined,
    kill: () => undefined,
  };
  return {
    worker,
    asked,
    hang() {
      waiting = [];
    },
    wake() {
      for (const answer of waiting ?? []) answer();
      waiting = undefined;
    },
    die() {
      cut();
      end({ code: null, signal: 'SIGKILL' });
    },
  };
}

function share(...crew: readonly ReturnType<typeof createWorker>[]) {
  const serving = new Set<Worker>();
  const dismissed: number[] = [];
  const enlist = ({ worker }: ReturnType<typeof createWorker>): void => {
    serving.add(worker);
    void worker.ended.then(() => serving.delete(worker));
  };
  for (const one of crew) enlist(one);
  const tried: (() => void)[] = [];
  const shared = shareConfig(
    first,
    {
      serving: () => [...serving],
      tried: () => (serving.size > 0 ? Promise.resolve() : new Promise((resolve) => tried.push(resolve))),
      dismiss: ({ pid }) => void dismissed.push(pid),
    },
    pino({ level: 'silent' }),
  );
  return { shared, enlist, dismissed, tell: () => tried.splice(0).forEach((resume) => resume()) };
}

/** One that dies of what it is to prepare. */
function createMortal(pid: number) {
  const mortal = createWorker(pid, (call) => {
    if (call !== 'prepare') return undefined;
    mortal.die();
    return new Promise(() => undefined);
  });
  return mortal;
}

describe('one configuration for all workers', () => {
  it('is not held up by one that hangs, which follows when it is itself again', async () => {
    const [awake, asleep] = [createWorker(1), createWorker(2)];
    const { shared } = share(awake, asleep);
    asleep.hang();
    expect(await shared.apply(second)).toEqual({ outcome: 'applied' });
    expect(awake.asked).toEqual(['heartbeat', 'prepare', 'commit']);
    asleep.wake();
    await expect.poll(() => asleep.asked).toContain('commit');
    expect(asleep.worker.config).toBe(second);
  });

  it('is tried once more when one ends meanwhile, and is not to blame unless one does so again', async () => {
    const { shared, enlist, tell } = share(createMortal(1));
    const applying = shared.apply(second);
    const replacement = createWorker(2);
    enlist(replacement);
    tell();
    expect(await applying).toEqual({ outcome: 'applied' });
    expect(replacement.asked).toContain('commit');
  });

  it('that ends them again and again is refused, and those that are left give it up', async () => {
    const survivor = createWorker(1);
    const mortal = createMortal(2);
    const { shared, enlist } = share(mortal, survivor);
    void mortal.worker.ended.then(() => enlist(createMortal(3)));
    expect(await shared.apply(second)).toEqual({ outcome: 'failed', problem: 'Worker 3: The other process is gone' });
    expect(survivor.asked.filter((call) => call === 'discard')).toHaveLength(2);
    expect(shared.current).toBe(first);
  });

  it('is what the next one begins with where nobody serves, unless it takes a restart', async () => {
    const { shared, tell } = share();
    const elsewhere = read(sampleWith('store.path', '/elsewhere'));
    const trying = [first, elsewhere, second].map((config) => shared.apply(config));
    const outcomes: unknown[] = [];
    for (const one of trying) void one.then(({ outcome }) => outcomes.push(outcome));
    await expect.poll(() => (tell(), outcomes)).toEqual(['unchanged', 'refused', 'applied']);
    expect(shared.current).toBe(second);
  });

  it('that one which has just begun cannot follow costs it its place: it would refuse all that it is given', async () => {
    const late = createWorker(1, (): Vote => ({ outcome: 'failed', problem: 'no catalogue' }));
    const { shared, enlist, dismissed } = share(createWorker(2));
    await shared.apply(second);
    enlist(late);
    shared.join(late.worker);
    await expect.poll(() => dismissed).toEqual([1]);
    expect(late.asked).not.toContain('drain');
  });
});
