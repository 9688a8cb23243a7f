import { randomUUID } from 'node:crypto';
import type { FairLocks } from '../coordination.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/** All in milliseconds. */
export interface LockTimes {
  /** How long a place is kept without a sign of life. */
  readonly keepMs: number;
  /** How often there is one. */
  readonly renewMs: number;
  /** How often who waits asks whether it is the first. */
  readonly askMs: number;
  /** How long it goes on asking while nobody answers. */
  readonly awayMs: number;
}

/** Our choice. */
const defaultTimes: LockTimes = { keepMs: 10_000, renewMs: 3_000, askMs: 100, awayMs: 5_000 };

/** One place in a line. */
interface Ticket {
  readonly rows: readonly [places: string, signs: string];
  /** Differs from every other one. */
  readonly name: string;
}

/** Lines of all processes over one Redis. A process that stands still for longer than its places are kept goes back to the end. */
export function createRedisLocks(
  { run }: Pick<Connection, 'run'>,
  keys: Pick<Keys, 'line'>,
  times: Partial<LockTimes> = {},
): FairLocks & { close(): Promise<void> } {
  const { keepMs, renewMs, askMs, awayMs } = { ...defaultTimes, ...times };
  const entered = new Set<Ticket>();
  /** Those who wait here, by the line: when one leaves, the next one is asked after at once. */
  const waiting = new Map<string, Set<() => void>>();
  /** How many stand before a place; one that is not there yet, or any more, is put at the end. */
  const stand = ({ rows, name }: Ticket): Promise<number> => run('standInLine', rows, name, keepMs);
  // What fails here fails for callers too, who report it.
  const timer = setInterval(() => void Promise.allSettled([...entered].map(stand)), renewMs).unref();

  /** As `stand`, for a place that was taken. While nobody answers somebody stands before it, for some time: who has waited long waits on. */
  function askPatiently(place: Ticket): () => Promise<number> {
    let answeredAt = performance.now();
    return async () => {
      try {
        const before = await stand(place);
        answeredAt = performance.now();
        return before;
      } catch (thrown) {
        if (performance.now() - answeredAt > awayMs) throw thrown;
        return 1;
      }
    };
  }

  /** Never rejects: what cannot be given up ends by itself. */
  async function leave(place: Ticket): Promise<void> {
    entered.delete(place);
    await run('leaveLine', place.rows, place.name).catch(() => undefined);
    for (const resume of waiting.get(place.rows[0]) ?? []) resume();
  }
  /** Resolves after a while, when another one leaves here, or when the signal aborts. */
  function pause(row: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const mine = waiting.get(row) ?? new Set();
      waiting.set(row, mine);
      const resume = (): void => {
        clearTimeout(clock);
        signal.removeEventListener('abort', resume);
        mine.delete(resume);
        if (mine.size === 0) waiting.delete(row);
        resolve();
      };
      const clock = setTimeout(resume, askMs);
      signal.addEventListener('abort', resume, { once: true });
      mine.add(resume);
    });
  }

  return {
    async acquire(name, signal) {
      const place = { rows: keys.line(name), name: randomUUID() };
      entered.add(place);
      try {
        signal.throwIfAborted();
        const ask = askPatiently(place);
        for (let before = await stand(place); before > 0; before = await ask()) {
          await pause(place.rows[0], signal);
          signal.throwIfAborted();
        }
        return () => leave(place);
      } catch (thrown) {
        await leave(place);
        throw thrown;
      }
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...entered].map(leave));
    },
  };
}
