import { setTimeout as pause } from 'node:timers/promises';

const tickMs = 100;
let ticks = 0;
setInterval(() => {
  ticks += 1;
}, tickMs).unref();

/**
 * How long this process has lived, in milliseconds. The clock stands still while the process does: a machine that is held up for a
 * minute, with all that runs on it, has kept nobody waiting.
 */
export const lived = (): number => ticks * tickMs;

/** Rejects if somebody is kept waiting for so long, which is worse than any answer. */
export async function inTime<T>(patienceMs: number, answer: Promise<T>): Promise<T> {
  const leaving = new AbortController();
  const late = (async () => {
    for (const since = lived(); lived() - since < patienceMs; ) {
      await pause(tickMs, undefined, { signal: leaving.signal });
    }
    throw new Error(`No answer in ${patienceMs} ms`);
  })();
  try {
    return await Promise.race([answer, late]);
  } finally {
    leaving.abort();
    late.catch(() => undefined); // nobody waits any more
  }
}
