import { randomUUID } from 'node:crypto';
import type { Lines } from '../lines.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/**
 * How long a place is kept without a sign of life, how often there is one, and how often who waits asks whether it is the first; in
 * milliseconds. Our choice.
 */
const defaultTimes = { keepMs: 10_000, renewMs: 3_000, askMs: 100 };

/** One place in a line. */
interface Place {
  readonly rows: readonly [places: string, signs: string];
  /** Differs from every other one. */
  readonly name: string;
}

/** Lines of all processes over one Redis. A process that stands still for longer than its places are kept goes back to the end. */
export function createRedisLines(
  { run }: Pick<Connection, 'run'>,
  keys: Pick<Keys, 'line'>,
  { keepMs, renewMs, askMs } = defaultTimes,
): Lines & { close(): Promise<void> } {
  const entered = new Set<Place>();
  /** Those who wait here, by the line: when one leaves, the next one is asked after at once. */
  const waiting = new Map<string, Set<() => void>>();
  /** How many stand before a place; one that is not there yet, or any more, is put at the end. */
  const stand = ({ rows, name }: Place): Promise<number> => run('standInLine', rows, name, keepMs);
  // What fails here fails for callers too, who report it.
  const timer = setInterval(() => void Promise.allSettled([...entered].map(stand)), renewMs).unref();

  /** Never rejects: what cannot be given up ends by itself. */
  async function leave(place: Place): Promise<void> {
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
    async enter(name, signal) {
      const place = { rows: keys.line(name), name: randomUUID() };
      entered.add(place);
      try {
        signal.throwIfAborted();
        while ((await stand(place)) > 0) {
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
