import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';

/** A span of time, by the system's clock in milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const secret = 'limited-key';
/** A window is long beside all that makes a client's clock inexact, and is filled in a fraction of its time. */
const limit = { points: 50, seconds: 8 };
const callEveryMs = 30;

/** A key as the configuration has it, with a limit that is reached. */
export const limitedKey = {
  name: 'limited',
  sha256: createHash('sha256').update(secret).digest('hex'),
  dialects: ['openai'],
  limits: { requests: limit },
};

interface Admitted {
  readonly at: number;
  /** When the window ends that it was counted in, to the second. */
  readonly windowEnd: number;
}

/** Calls with that key, through any process, until it is told to stop. Gives those that were let in, and how many were not. */
export async function callWithoutEnd({ web }: Fleet, signal: AbortSignal) {
  const admitted: Admitted[] = [];
  let refused = 0;
  const call = async (): Promise<void> => {
    const { status, headers } = await web.ask('GET', '/v1/models', { headers: { authorization: `Bearer ${secret}` } });
    const at = Date.now();
    if (status === 429) refused += 1;
    if (status !== 200) return;
    const secondsLeft = Number.parseInt(String(headers['x-ratelimit-reset-requests']), 10);
    admitted.push({ at, windowEnd: at + secondsLeft * 1000 });
  };
  const calls: Promise<void>[] = [];
  while (!signal.aborted) {
    calls.push(call().catch(() => undefined)); // a connection that broke
    await pause(callEveryMs);
  }
  await Promise.all(calls);
  return { admitted, refused };
}

/**
 * How many calls each window let in, whatever process counted them. Those of times when Redis was away for any of them are left out:
 * each process counts by itself then.
 */
export function countWindows(admitted: readonly Admitted[], away: readonly Span[]): readonly number[] {
  const counts: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const judged = admitted.filter(({ at }) => away.every(({ from, to }) => at < from || at > to));
  for (const { windowEnd } of judged.toSorted((one, other) => one.windowEnd - other.windowEnd)) {
    // Two windows end at least a window's length apart.
    if (windowEnd - end > (limit.seconds * 1000) / 2) {
      counts.push(0);
      end = windowEnd;
    }
    counts.push((counts.pop() ?? 0) + 1);
  }
  return counts;
}

/** Windows that let in more than the limit, in words. */
export const exceeded = (counts: readonly number[]): readonly string[] =>
  counts.filter((count) => count > limit.points).map((count) => `a window let ${count} calls in, of ${limit.points}`);
