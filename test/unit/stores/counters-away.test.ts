import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  admitted,
  amountIn,
  countingKeys,
  countingPatience,
  isBack,
  startWatched,
  threeAnHour,
  type WatchedProcess,
} from '../../support/counting-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

const tomorrow = Date.now() + 86_400_000;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('counters over a Redis that is away', () => {
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
  const used = (name: string) => amountIn(server, name);
  const taken = (name: string) => server.client().zcard(countingKeys.places(name));

  /** Of a process that may not have been told that it was away, for want of questions. */
  const asksAgain = (one: WatchedProcess) =>
    vi.waitFor(async () => {
      const before = one.insured;
      await admitted(one, 'any', { points: 1_000, seconds: 1 });
      expect(one.insured).toBe(before);
    }, countingPatience);

  describe('count by themselves', () => {
    it('while it is away, with the same numbers, and with it again when it is back', async () => {
      const [one, other] = await startTwo();
      expect(await admitted(one, 'before')).toBe(true);
      await server.kill();
      const said = [];
      for (let count = 0; count < 5; count += 1) said.push(await admitted(one, 'k'));
      expect(said).toEqual([true, true, true, false, false]);
      expect(one).toMatchObject({ told: ['away'], insured: 5 });
      await server.start();
      await Promise.all([isBack(one), asksAgain(other)]);
      const together = [];
      for (const process of [one, other, one, other, one]) together.push(await admitted(process, 'k2'));
      expect(together).toEqual([true, true, true, false, false]);
      expect(one).toMatchObject({ told: ['away', 'back'], insured: 5 });
    });

    it('beyond what they had before: whose calls were used up, whose places are taken, what was used of an amount', async () => {
      const { counters } = await start();
      const quota = { most: 10, until: tomorrow };
      for (let count = 0; count < 3; count += 1) await counters.count('g', 'k', threeAnHour);
      await counters.acquire('n', 2);
      await counters.reserve('n', 6, quota);
      await server.kill();
      expect((await counters.count('g', 'k', threeAnHour)).admitted).toBe(false);
      expect(await counters.acquire('n', 2)).toBeDefined();
      expect(await counters.acquire('n', 2)).toBeUndefined();
      expect(await counters.reserve('n', 5, quota)).toBeUndefined();
      expect(await counters.reserve('n', 4, quota)).toBeDefined();
    });

    it('and tell it of places and amounts at once when it is back', async () => {
      const [one, other] = await startTwo(3_600_000);
      const quota = { most: 100, until: tomorrow };
      await one.counters.reserve('n', 10, quota);
      await server.kill();
      const place = await one.counters.acquire('n', 1);
      (await one.counters.reserve('n', 20, quota))?.settle(22);
      await one.counters.reserve('n', 3, quota);
      await server.start();
      await isBack(one);
      await vi.waitFor(async () => expect([await taken('n'), await used('n')]).toEqual([1, 35]), countingPatience);
      expect(await other.counters.acquire('n', 1)).toBeUndefined();
      place?.release();
      await vi.waitFor(async () => expect(await other.counters.acquire('n', 1)).toBeDefined(), countingPatience);
    });

    it('when it does not say anything, without each caller waiting for it', async () => {
      const one = await start();
      const quota = { most: 1_000, until: tomorrow };
      await admitted(one, 'before');
      server.pause();
      expect(await one.counters.reserve('late', 7, quota)).toBeDefined();
      expect(one.told).toEqual(['away']);
      one.way.forget();
      // Were each to wait for as long as the first did, this would take minutes.
      for (let count = 0; count < 200; count += 1) {
        await admitted(one, `k${count}`);
        (await one.counters.acquire('n', 5))?.release();
        await one.counters.reserve('n', 1, quota);
      }
      expect(one.insured).toBe(601);
      // It is only looked at, and places are given back.
      expect(new Set(one.way.trips.flat())).not.toContain('takePlace');
      server.resume();
      await isBack(one);
      expect(one.told).toEqual(['away', 'back']);
      // What was on its way arrived after all: it is counted once.
      await vi.waitFor(async () => expect([await used('late'), await used('n')]).toEqual([7, 200]), countingPatience);
      expect(await admitted(one, 'after')).toBe(true);
      expect(one.insured).toBe(601);
    });

    it('when it cannot take any more, and are not told every moment that it is back', async () => {
      const one = await start();
      const client = server.client();
      await client.config('SET', 'maxmemory', '1');
      const end = performance.now() + 1_000;
      for (let count = 0; performance.now() < end; count += 1) await admitted(one, `k${count}`);
      expect(one.told).toEqual(['away']);
      await client.config('SET', 'maxmemory', '0');
      await isBack(one);
    });

    it('from the start, if it is away then', async () => {
      await server.kill();
      const one = await start();
      expect([await admitted(one, 'k'), one.told]).toEqual([true, ['away']]);
      await server.start();
      await isBack(one);
    });

    it('and are at peace when they are closed meanwhile', async () => {
      const one = await start();
      await one.counters.acquire('n', 1);
      await server.kill();
      await admitted(one, 'k');
      await one.close();
      started.splice(0);
      expect(one.told).toEqual(['away']);
    });
  });
});
