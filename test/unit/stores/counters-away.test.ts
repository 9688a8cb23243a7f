import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Counters } from '../../../src/stores/counters.ts';
import { connect } from '../../../src/stores/redis/connection.ts';
import { createRedisCounters } from '../../../src/stores/redis/counters.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { openRedisWay, type RedisWay } from '../../support/redis-way.ts';

const keys = createKeys('test');
const patience = { timeout: 20_000, interval: 20 };
/** How long a place is kept without a sign of life, in milliseconds. */
const soon = 600;
const tomorrow = Date.now() + 86_400_000;
const hour = { points: 3, seconds: 3_600 };

interface Process {
  readonly counters: Counters;
  readonly way: RedisWay;
  /** `away`, `back`, and how often something was counted by it alone. */
  readonly told: string[];
  insured: number;
  close(): Promise<void>;
}

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('counters over Redis', () => {
  let server: RedisServer;
  const started: Process[] = [];
  beforeEach(async () => {
    server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  });
  afterEach(async () => {
    server.resume();
    await Promise.all(started.splice(0).map((one) => one.close()));
    await server.remove();
  });

  async function start(keepPlacesMs = soon): Promise<Process> {
    const way = await openRedisWay(server.port);
    const connection = await connect({ url: way.url });
    const told: string[] = [];
    const events = {
      whenAway: () => void told.push('away'),
      whenBack: () => void told.push('back'),
      whenInsured() {
        one.insured += 1;
      },
    };
    const counters = createRedisCounters(connection, keys, { events, keepPlacesMs });
    const one: Process = {
      counters,
      way,
      told,
      insured: 0,
      async close() {
        await counters.close();
        await connection.close();
        await way.close();
      },
    };
    started.push(one);
    return one;
  }
  const startTwo = (keepPlacesMs?: number) => Promise.all([start(keepPlacesMs), start(keepPlacesMs)] as const);
  const isBack = ({ told }: Process) => vi.waitFor(() => expect(told.at(-1)).toBe('back'), patience);
  const used = async (name: string) => Number(await server.client().get(keys.amount(name)));
  const taken = (name: string) => server.client().zcard(keys.places(name));
  const admitted = async ({ counters }: Process, key: string, rate = hour) =>
    (await counters.count('g', key, rate)).admitted;

  /** Of a process that may not have been told that it was away, for want of questions. */
  const asksAgain = (one: Process) =>
    vi.waitFor(async () => {
      const before = one.insured;
      await admitted(one, 'any', { points: 1_000, seconds: 1 });
      expect(one.insured).toBe(before);
    }, patience);

  describe('ask it', () => {
    it('once for a call, a place or an amount', async () => {
      const { counters, way } = await start();
      await counters.count('g', 'other', hour);
      for (const [ask, command] of [
        [() => counters.count('g', 'k', hour), 'script'],
        [() => counters.hold('n', 2), 'takePlace'],
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
      const others = Array.from({ length: 9 }, (_, at) => counters.count('g', `k${at}`, hour));
      await Promise.all([...others, counters.hold('n', 2)]);
      expect(way.trips.map((commands) => commands.length)).toEqual([10]);
    });

    it('nothing for calls beyond a limit that is reached, nor for what they have all of themselves', async () => {
      const { counters, way } = await start();
      const allowance = { most: 10, until: tomorrow };
      for (let count = 0; count < 3; count += 1) expect((await counters.count('g', 'k', hour)).admitted).toBe(true);
      expect(await counters.hold('n', 1)).toBeDefined();
      expect(await counters.reserve('n', 10, allowance)).toBe(true);
      way.forget();
      for (let count = 0; count < 50; count += 1) {
        expect(await counters.count('g', 'k', hour)).toMatchObject({ admitted: false, remaining: 0 });
        expect(await counters.hold('n', 1)).toBeUndefined();
        expect(await counters.reserve('n', 1, allowance)).toBe(false);
      }
      // Signs of life of the one place may have gone by.
      expect(way.trips.flat().filter((command) => command !== 'keepPlaces')).toEqual([]);
    });

    it('and leave nothing in it for ever', async () => {
      const { counters } = await start();
      await counters.count('g', 'k', hour);
      await counters.hold('n', 1);
      await counters.reserve('n', 1, { most: 10, until: tomorrow });
      counters.settle('m', 5, { most: 10, until: tomorrow });
      const client = server.client();
      const rows = await vi.waitFor(async () => {
        const found = await client.keys('*');
        expect(found).toHaveLength(4);
        return found;
      }, patience);
      for (const row of rows) expect(await client.pttl(row), row).toBeGreaterThan(0);
      expect(await client.pttl(keys.amount('n'))).toBeGreaterThan(tomorrow - Date.now());
    });
  });

  describe('keep places', () => {
    it('for as long as their process lives, and no longer', async () => {
      const [one, other] = await startTwo();
      for (const { counters } of [one, one, other]) expect(await counters.hold('n', 3)).toBeDefined();
      const end = performance.now() + 3 * soon;
      await vi.waitFor(async () => {
        expect(await other.counters.hold('n', 3)).toBeUndefined();
        expect(performance.now()).toBeGreaterThan(end);
      }, patience);
      one.way.cut();
      await vi.waitFor(async () => expect(await other.counters.hold('n', 3)).toBeDefined(), patience);
      expect(await other.counters.hold('n', 3)).toBeDefined();
      expect(await other.counters.hold('n', 3)).toBeUndefined();
      expect(other.told).toEqual([]);
    });

    it('by thousands, with one sign of life for many', async () => {
      const { counters, way } = await start();
      const held = Array.from({ length: 1_500 }, (_, index) => counters.hold(index === 0 ? 'm' : 'n', 5_000));
      for (const place of await Promise.all(held)) expect(place).toBeDefined();
      way.forget();
      await vi.waitFor(() => {
        expect(way.trips).toContainEqual(['keepPlaces', 'keepPlaces', 'keepPlaces']);
        expect(way.trips.length).toBeGreaterThan(6); // twice as long as they are kept without
      }, patience);
      expect([await taken('m'), await taken('n')]).toEqual([1, 1_499]);
    });

    it('until their process ends in good order', async () => {
      const [one, other] = await startTwo();
      await one.counters.hold('n', 1);
      expect(await other.counters.hold('n', 1)).toBeUndefined();
      await one.counters.close();
      expect(await other.counters.hold('n', 1)).toBeDefined();
    });

    it('also when it has forgotten them', async () => {
      const [one, other] = await startTwo();
      await one.counters.hold('n', 1);
      await server.client().flushall();
      await vi.waitFor(async () => expect(await taken('n')).toBe(1), patience);
      expect(await other.counters.hold('n', 1)).toBeUndefined();
    });
  });

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
      const allowance = { most: 10, until: tomorrow };
      for (let count = 0; count < 3; count += 1) await counters.count('g', 'k', hour);
      await counters.hold('n', 2);
      await counters.reserve('n', 6, allowance);
      await server.kill();
      expect((await counters.count('g', 'k', hour)).admitted).toBe(false);
      expect(await counters.hold('n', 2)).toBeDefined();
      expect(await counters.hold('n', 2)).toBeUndefined();
      expect(await counters.reserve('n', 5, allowance)).toBe(false);
      expect(await counters.reserve('n', 4, allowance)).toBe(true);
    });

    it('and tell it of places and amounts at once when it is back', async () => {
      const [one, other] = await startTwo(3_600_000);
      const allowance = { most: 100, until: tomorrow };
      await one.counters.reserve('n', 10, allowance);
      await server.kill();
      const place = await one.counters.hold('n', 1);
      expect(await one.counters.reserve('n', 20, allowance)).toBe(true);
      one.counters.settle('n', 5, allowance);
      await server.start();
      await isBack(one);
      await vi.waitFor(async () => expect([await taken('n'), await used('n')]).toEqual([1, 35]), patience);
      expect(await other.counters.hold('n', 1)).toBeUndefined();
      place?.release();
      await vi.waitFor(async () => expect(await other.counters.hold('n', 1)).toBeDefined(), patience);
    });

    it('when it does not say anything, without each caller waiting for it', async () => {
      const one = await start();
      const allowance = { most: 1_000, until: tomorrow };
      await admitted(one, 'before');
      server.pause();
      expect(await one.counters.reserve('late', 7, allowance)).toBe(true);
      expect(one.told).toEqual(['away']);
      one.way.forget();
      // Were each to wait for as long as the first did, this would take minutes.
      for (let count = 0; count < 200; count += 1) {
        await admitted(one, `k${count}`);
        (await one.counters.hold('n', 5))?.release();
        await one.counters.reserve('n', 1, allowance);
      }
      expect(one.insured).toBe(601);
      // It is only looked at, and places are given back.
      expect(new Set(one.way.trips.flat())).not.toContain('takePlace');
      server.resume();
      await isBack(one);
      expect(one.told).toEqual(['away', 'back']);
      // What was on its way arrived after all: it is counted once.
      await vi.waitFor(async () => expect([await used('late'), await used('n')]).toEqual([7, 200]), patience);
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
      await one.counters.hold('n', 1);
      await server.kill();
      await admitted(one, 'k');
      await one.close();
      started.splice(0);
      expect(one.told).toEqual(['away']);
    });
  });
});
