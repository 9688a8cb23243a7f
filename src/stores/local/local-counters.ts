import { type RateLimiterLike, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counted, Counters } from '../counters.ts';

/** What this process counts by itself. */
export function createLocalCounters(): Counters {
  const limiters = new Map<string, RateLimiterMemory>();
  const held = new Map<string, number>();
  const used = new Map<string, { amount: number; until: number }>();

  const limiterOf = (group: string, points: number, seconds: number): RateLimiterMemory => {
    const name = JSON.stringify([group, points, seconds]);
    const limiter = limiters.get(name) ?? new RateLimiterMemory({ points, duration: seconds });
    limiters.set(name, limiter);
    return limiter;
  };

  return {
    count: (group, key, { points, seconds }) => consume(limiterOf(group, points, seconds), key),
    hold(name, most) {
      const count = held.get(name) ?? 0;
      if (count >= most) return Promise.resolve(undefined);
      held.set(name, count + 1);
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        const left = (held.get(name) ?? 1) - 1;
        if (left > 0) held.set(name, left);
        else held.delete(name);
      };
      return Promise.resolve({ release });
    },
    reserve(name, amount, { most, until }) {
      const now = Date.now();
      for (const [other, { until: end }] of used) if (end <= now) used.delete(other);
      const entry = used.get(name) ?? { amount: 0, until };
      if (entry.amount + amount > most) return Promise.resolve(undefined);
      used.set(name, entry);
      entry.amount += amount;
      let counted = amount;
      const settle = (truly: number): void => {
        entry.amount = Math.max(0, entry.amount + truly - counted);
        counted = truly;
      };
      return Promise.resolve({ settle });
    },
    close: () => Promise.resolve(),
  };
}

/** One call of a key, as a limiter counts it. Rejects if the limiter is broken, and not if the limit is reached. */
export async function consume(limiter: RateLimiterLike, key: string): Promise<Counted> {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key);
    return { admitted: true, remaining: remainingPoints, msLeft: msBeforeNext };
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return { admitted: false, remaining: refusal.remainingPoints, msLeft: refusal.msBeforeNext };
  }
}
