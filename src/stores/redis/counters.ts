import { LRUCache } from 'lru-cache';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Counters, Rate } from '../coordination.ts';
import { consume, createLocalCounters } from '../local/local-counters.ts';
import type { Connection } from './connection.ts';
import { createAmounts } from './counters-amounts.ts';
import { createInsurance, type InsuranceEvents } from './counters-insurance.ts';
import { createPlaces } from './counters-permits.ts';
import type { Keys } from './keys.ts';

export type { InsuranceEvents } from './counters-insurance.ts';

export interface RedisCountersOptions {
  /** Told when this process begins to count by itself, and what it counts so. */
  readonly events: InsuranceEvents;
  /** How long a place is taken, or an amount set aside, without a sign of life of its process, in milliseconds; half a minute unless told. */
  readonly keepPlacesMs?: number;
}

/** So many of those whose calls are used up are remembered: about others Redis is asked. Our choice. */
const mostRefused = 16_384;
/** How long a row is kept that was only written to see whether Redis takes it, in milliseconds. */
const lookKeptMs = 1_000;

/**
 * What all processes over one Redis count together. While Redis is away, or does not answer in time, this process counts by itself with
 * the same numbers: places and amounts beyond those that it has from before, windows anew. When Redis is back it hears of them.
 */
export function createRedisCounters(
  connection: Connection,
  keys: Pick<Keys, 'calls' | 'places' | 'amount'>,
  { events, keepPlacesMs = 30_000 }: RedisCountersOptions,
): Counters {
  const own = createLocalCounters();
  const insurance = createInsurance({
    look: (row) => connection.ask((client) => client.set(`${row}:look`, '', 'PX', lookKeptMs)),
    events: {
      ...events,
      whenBack() {
        events.whenBack();
        void keep();
        amounts.tell();
      },
    },
  });
  const places = createPlaces({ connection, keys, insurance, own, keepMs: keepPlacesMs });
  const amounts = createAmounts({ connection, keys, insurance, own, keepMs: keepPlacesMs });
  const keep = () => Promise.all([places.keep(), amounts.keep()]);
  // Three signs of life are missed before anything is lost.
  const timer = setInterval(() => void keep(), keepPlacesMs / 3).unref();
  const limiterOf = createLimiters(connection);
  /** Whose calls are used up until when: Redis is asked no more about them until then. */
  const refused = new LRUCache<string, number>({ max: mostRefused });

  return {
    count(group, key, rate) {
      const row = keys.calls(group, String(rate.seconds), key);
      const usedUp = `${rate.points} ${row}`;
      const until = refused.get(usedUp);
      const msLeft = until === undefined ? 0 : until - Date.now();
      if (msLeft > 0) return Promise.resolve({ admitted: false, remaining: 0, msLeft });
      return insurance.ask({
        row,
        ask: () =>
          consume(limiterOf(rate), row).then((counted) => {
            if (counted.remaining === 0) refused.set(usedUp, Date.now() + counted.msLeft);
            return counted;
          }),
        instead: () => own.count(group, key, rate),
      });
    },
    acquire: places.acquire,
    reserve: amounts.reserve,
    async close() {
      insurance.close();
      clearInterval(timer);
      await Promise.all([places.close(), amounts.close(), own.close()]);
    },
  };
}

/** One limiter for each rate. */
function createLimiters({ client }: Connection) {
  const limiters = new Map<string, RateLimiterRedis>();
  const limiterOf = ({ points, seconds }: Rate): RateLimiterRedis => {
    const name = `${points} ${seconds}`;
    const known = limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: '', // the row is named whole
      points,
      duration: seconds,
      rejectIfRedisNotReady: true,
    });
    limiters.set(name, limiter);
    return limiter;
  };
  return limiterOf;
}
