import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  amountIn,
  countingKeys,
  countingPatience,
  placesKeptMs,
  startWatched,
  threeAnHour,
  type WatchedProcess,
} from '../../support/counting-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

const tomorrow = Date.now() + 86_400_000;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('counters over Redis', () => {
  let server: RedisServer;
  const started: WatchedProcess[] = [];
  beforeEach(async () => {
    server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  });
  afterEach(async () => {
    server.resume();
    await Promise.all(started.splice(0).map((one) => one.close()));
    await server.remove();
  });

  async function start(keepPlacesMs?: number): Promise<WatchedProcess> {
    const one = await startWatched(server, keepPlacesMs);
    started.push(one);
    return one;
  }
  const startTwo = (keepPlacesMs?: number) => Promise.all([start(keepPlacesMs), start(keepPlacesMs)] as const);
  const taken = (name: string) => server.client().zcard(countingKeys.places(name));

  describe('ask it', () => {
    it('once for a call, a place or an amount', async () => {
      const { counters, way } = await start();
      await counters.count('g', 'other', threeAnHour);
      for (const [ask, command] of [
        [() => counters.count('g', 'k', threeAnHour), 'script'],
        [() => counters.acquire('n', 2), 'takePlace'],
        [() => counters.reserve('n', 5, { most: 10, until: tomorrow }), 'reserveAmount'],
      ] as const) {
        way.forget();
        await ask();
        expect(way.trips).toEqual([[command]]);
      }
    });

    it('together for what is asked at the same moment', async () => {
      const { counters, way } = await start();
      way.forget();
      const others = Array.from({ length: 9 }, (_, at) => counters.count('g', `k${at}`, threeAnHour));
      await Promise.all([...others, counters.acquire('n', 2)]);
      expect(way.trips.map((commands) => commands.length)).toEqual([10]);
    });

    it('nothing for calls beyond a limit that is reached, nor for what they have all of themselves', async () => {
      const { counters, way } = await start();
      const quota = { most: 10, until: tomorrow };
      for (let count = 0; count < 3; count += 1)
        expect((await counters.count('g', 'k', threeAnHour)).admitted).toBe(true);
      expect(await counters.acquire('n', 1)).toBeDefined();
      expect(await counters.reserve('n', 10, quota)).toBeDefined();
      way.forget();
      for (let count = 0; count < 50; count += 1) {
        expect(await counters.count('g', 'k', threeAnHour)).toMatchObject({ admitted: false, remaining: 0 });
        expect(await counters.acquire('n', 1)).toBeUndefined();
        expect(await counters.reserve('n', 1, quota)).toBeUndefined();
      }
      // Signs of life of what is held may have gone by.
      expect(way.trips.flat().filter((command) => !command.startsWith('keep'))).toEqual([]);
    });

    it('and leave nothing in it for ever', async () => {
      const { counters } = await start();
      await counters.count('g', 'k', threeAnHour);
      await counters.acquire('n', 1);
      const quota = { most: 10, until: tomorrow };
      await counters.reserve('n', 1, quota);
      (await counters.reserve('m', 1, quota))?.settle(5);
      const client = server.client();
      const rows = await vi.waitFor(async () => {
        const found = await client.keys('*');
        expect(found).toHaveLength(5);
        return found;
      }, countingPatience);
      for (const row of rows) expect(await client.pttl(row), row).toBeGreaterThan(0);
      expect(await client.pttl(countingKeys.amount('m'))).toBeGreaterThan(tomorrow - Date.now());
    });
  });

  describe('keep what is set aside', () => {
    const quota = { most: 10, until: tomorrow };

    it('for as long as its process lives, and no longer', async () => {
      const [one, other] = await startTwo();
      await one.counters.reserve('n', 6, quota);
      const end = performance.now() + 3 * placesKeptMs;
      await vi.waitFor(async () => {
        expect(await other.counters.reserve('n', 5, quota)).toBeUndefined();
        expect(performance.now()).toBeGreaterThan(end);
      }, countingPatience);
      one.way.cut();
      await vi.waitFor(
        async () => expect(await other.counters.reserve('n', 10, quota)).toBeDefined(),
        countingPatience,
      );
    });

    it('also when Redis has forgotten it, until it is settled', async () => {
      const [one, other] = await startTwo();
      const given = await one.counters.reserve('n', 6, quota);
      await server.client().flushall();
      await vi.waitFor(async () => expect(await amountIn(server, 'n')).toBe(6), countingPatience);
      given?.settle(2);
      await vi.waitFor(async () => expect(await amountIn(server, 'n')).toBe(2), countingPatience);
      expect(await other.counters.reserve('n', 8, quota)).toBeDefined();
    });
  });

  describe('keep places', () => {
    it('for as long as their process lives, and no longer', async () => {
      const [one, other] = await startTwo();
      for (const { counters } of [one, one, other]) expect(await counters.acquire('n', 3)).toBeDefined();
      const end = performance.now() + 3 * placesKeptMs;
      await vi.waitFor(async () => {
        expect(await other.counters.acquire('n', 3)).toBeUndefined();
        expect(performance.now()).toBeGreaterThan(end);
      }, countingPatience);
      one.way.cut();
      await vi.waitFor(async () => expect(await other.counters.acquire('n', 3)).toBeDefined(), countingPatience);
      expect(await other.counters.acquire('n', 3)).toBeDefined();
      expect(await other.counters.acquire('n', 3)).toBeUndefined();
      expect(other.told).toEqual([]);
    });

    it('by thousands, with one sign of life for many', async () => {
      const { counters, way } = await start();
      const held = Array.from({ length: 1_500 }, (_, index) => counters.acquire(index === 0 ? 'm' : 'n', 5_000));
      for (const place of await Promise.all(held)) expect(place).toBeDefined();
      way.forget();
      await vi.waitFor(() => {
        expect(way.trips).toContainEqual(['keepPlaces', 'keepPlaces', 'keepPlaces']);
        expect(way.trips.length).toBeGreaterThan(6); // twice as long as they are kept without
      }, countingPatience);
      expect([await taken('m'), await taken('n')]).toEqual([1, 1_499]);
    });

    it('until their process ends in good order', async () => {
      const [one, other] = await startTwo();
      await one.counters.acquire('n', 1);
      expect(await other.counters.acquire('n', 1)).toBeUndefined();
      await one.counters.close();
      expect(await other.counters.acquire('n', 1)).toBeDefined();
    });

    it('also when it has forgotten them', async () => {
      const [one, other] = await startTwo();
      await one.counters.acquire('n', 1);
      await server.client().flushall();
      await vi.waitFor(async () => expect(await taken('n')).toBe(1), countingPatience);
      expect(await other.counters.acquire('n', 1)).toBeUndefined();
    });
  });
});
