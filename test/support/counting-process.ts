import { expect, vi } from 'vitest';
import type { Counters } from '../../src/stores/coordination.ts';
import { connect, type RedisPlace } from '../../src/stores/redis/connection.ts';
import { createRedisCounters } from '../../src/stores/redis/counters.ts';
import { createKeys } from '../../src/stores/redis/keys.ts';
import type { RedisServer } from './redis-server.ts';
import { openRedisWay, type RedisWay } from './redis-way.ts';

/** Where its counters stand in Redis. */
export const countingKeys = createKeys('test');
export const countingPatience = { timeout: 20_000, interval: 20 };
/** Of calls, so few that they are soon used up. */
export const threeAnHour = { points: 3, seconds: 3_600 };
/** How long a place is kept without a sign of life unless a test says otherwise, in milliseconds. */
export const placesKeptMs = 600;

/** What counts over Redis, as one process of a gateway does. */
export interface CountingProcess {
  readonly counters: Counters;
  /** `away`, `back`, in their order. */
  readonly told: readonly string[];
  /** How often something was counted by it alone. */
  readonly insured: number;
  close(): Promise<void>;
}

/** Starts one, whether Redis is there or not. */
export async function startCounting(place: RedisPlace, keepPlacesMs = placesKeptMs): Promise<CountingProcess> {
  const connection = await connect(place);
  const told: string[] = [];
  let insured = 0;
  const events = {
    whenAway: () => void told.push('away'),
    whenBack: () => void told.push('back'),
    whenInsured: () => void (insured += 1),
  };
  const counters = createRedisCounters(connection, countingKeys, { events, keepPlacesMs });
  return {
    counters,
    told,
    get insured() {
      return insured;
    },
    async close() {
      await counters.close();
      await connection.close();
    },
  };
}

export interface WatchedProcess extends CountingProcess {
  readonly way: RedisWay;
}

/** Starts one whose way to a Redis is watched. */
export async function startWatched(server: RedisServer, keepPlacesMs?: number): Promise<WatchedProcess> {
  const way = await openRedisWay(server.port);
  const one = await startCounting({ url: way.url }, keepPlacesMs);
  return {
    ...one,
    way,
    get insured() {
      return one.insured;
    },
    async close() {
      await one.close();
      await way.close();
    },
  };
}

/** What is used of an amount, and what is set aside of it. */
export async function amountIn(server: Pick<RedisServer, 'client'>, name: string): Promise<number> {
  const row = countingKeys.amount(name);
  const aside = Object.values(await server.client().hgetall(`${row}:aside`)).map((text) => Number(text.split(' ')[0]));
  return aside.reduce((sum, amount) => sum + amount, Number(await server.client().get(row)));
}

/** Resolves when it was told that Redis is back. */
export const isBack = ({ told }: Pick<CountingProcess, 'told'>) =>
  vi.waitFor(() => expect(told.at(-1)).toBe('back'), countingPatience);

export const admitted = async ({ counters }: Pick<CountingProcess, 'counters'>, key: string, rate = threeAnHour) =>
  (await counters.count('g', key, rate)).admitted;
