import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counters } from '../counters.ts';

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
    async count(group, key, { points, seconds }) {
      try {
        const { remainingPoints, msBeforeNext } = await limiterOf(group, points, seconds).consume(key);
        return { admitted: true, remaining: remainingPoints, msLeft: msBeforeNext };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal; // the limiter is broken, not the limit reached
        return { admitted: false, remaining: refusal.remainingPoints, msLeft: refusal.msBeforeNext };
      }
    },
    hold(name, most) {
      const count = held.get(name) ?? 0;
      if (count >= most) return Promise.resolve(undefined);
      held.set(name, count + 1);
      const release = (): void => {
        const left = (held.get(name) ?? 1) - 1;
        if (left > 0) held.set(name, left);
        else held.delete(name);
      };
      return Promise.resolve({ release });
    },
    reserve(name, amount, { most, until }) {
      const now = Date.now();
      for (const [other, { until: end }] of used) if (end <= now) used.delete(other);
      const before = used.get(name)?.amount ?? 0;
      const admitted = before + amount <= most;
      if (admitted) used.set(name, { amount: before + amount, until });
      return Promise.resolve(admitted);
    },
    settle(name, difference) {
      const entry = used.get(name);
      if (entry !== undefined) entry.amount = Math.max(0, entry.amount + difference);
    },
    close: () => Promise.resolve(),
  };
}
