import { type RateLimiterLike, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counted, Counters } from '../coordination.ts';
import { type AmountShelf, createAmounts } from './amounts.ts';
import { createWindows } from './windows.ts';

/** What this process counts by itself. Amounts are kept on the shelf, where there is one. */
export function createLocalCounters(shelf?: AmountShelf): Counters {
  const held = new Map<string, number>();
  const { reserve, close } = createAmounts(shelf);
  return {
    count: createWindows().count,
    acquire(name, most) {
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
    reserve,
    close,
  };
}

/** One call of a key, as a limiter counts it. Rejects if the limiter is broken, and not if the limit is reached. */
export const consume = (limiter: RateLimiterLike, key: string): Promise<Counted> =>
  limiter.consume(key).then(admitted, refused);

const admitted = ({ remainingPoints, msBeforeNext }: RateLimiterRes): Counted => ({
  admitted: true,
  remaining: remainingPoints,
  msLeft: msBeforeNext,
});

function refused(refusal: unknown): Counted {
  if (!(refusal instanceof RateLimiterRes)) throw refusal;
  return { admitted: false, remaining: refusal.remainingPoints, msLeft: refusal.msBeforeNext };
}
