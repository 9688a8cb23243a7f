import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Counters } from '../../src/stores/coordination.ts';

/** Counters of several processes that count together, all at nothing. */
export interface CountersPlace {
  readonly processes: readonly Counters[];
  /** Ends all processes in good order, and begins others in their place. */
  restart(): Promise<readonly Counters[]>;
  remove(): Promise<void>;
}

const patience = { timeout: 20_000, interval: 20 };
const tomorrow = () => Date.now() + 86_400_000;
/** Which process does each of several things at the same moment. */
const askers = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 30 });
const few = { numRuns: 20 };

/** Every promise of `Counters` that does not need its store to be away. */
export function countersContract(name: string, prepare: () => Promise<CountersPlace>): void {
  describe(`the ${name} counters`, () => {
    let place: CountersPlace;
    let fresh = 0;
    beforeEach(async () => {
      place = await prepare();
    });
    afterEach(() => place.remove());
    const at = (index: number): Counters => {
      const counters = place.processes[index % place.processes.length];
      if (counters === undefined) throw new Error('There is no process');
      return counters;
    };
    const newName = (): string => {
      fresh += 1;
      return `name ${fresh}`;
    };

    describe('of calls', () => {
      it('count down to none, and tell when the window ends', async () => {
        const key = newName();
        const said = [];
        for (const index of [0, 1, 2, 3]) said.push(await at(index).count('g', key, { points: 3, seconds: 60 }));
        expect(said).toMatchObject([
          { admitted: true, remaining: 2 },
          { admitted: true, remaining: 1 },
          { admitted: true, remaining: 0 },
          { admitted: false, remaining: 0 },
        ]);
        for (const { msLeft } of said) {
          expect(msLeft).toBeGreaterThan(30_000);
          expect(msLeft).toBeLessThanOrEqual(60_000);
        }
      });

      it('admit as many as they may of calls at the same moment, whatever process they come to', async () => {
        await fc.assert(
          fc.asyncProperty(askers, fc.integer({ min: 1, max: 12 }), async (calls, points) => {
            const key = newName();
            const said = await Promise.all(
              calls.map(async (index) => at(index).count('g', key, { points, seconds: 60 })),
            );
            expect(said.filter(({ admitted }) => admitted)).toHaveLength(Math.min(calls.length, points));
          }),
          few,
        );
      });

      it('begin anew when the window is over', async () => {
        const key = newName();
        const ask = async (index: number) => (await at(index).count('g', key, { points: 1, seconds: 1 })).admitted;
        expect([await ask(0), await ask(0), await ask(1)]).toEqual([true, false, false]);
        await vi.waitFor(async () => expect(await ask(1)).toBe(true), patience);
      });

      it('are one for each key of each group', async () => {
        const [key, other] = [newName(), newName()];
        const ask = async (group: string, of: string) =>
          (await at(0).count(group, of, { points: 1, seconds: 60 })).admitted;
        expect([await ask('g', key), await ask('h', key), await ask('g', other)]).toEqual([true, true, true]);
        expect([await ask('g', key), await ask('h', key), await ask('g', other)]).toEqual([false, false, false]);
      });

      it('take any text for a key', async () => {
        for (const key of ['{a}b', 'ä😀\ud800', ' \r\n', '__proto__']) {
          const ask = async (index: number) => (await at(index).count('g', key, { points: 1, seconds: 60 })).admitted;
          expect([await ask(0), await ask(1)], key).toEqual([true, false]);
        }
      });
    });

    describe('of places', () => {
      it('give as many as there are to those who ask at the same moment', async () => {
        await fc.assert(
          fc.asyncProperty(askers, fc.integer({ min: 1, max: 12 }), async (calls, most) => {
            const places = newName();
            const given = await Promise.all(calls.map((index) => at(index).acquire(places, most)));
            expect(given.filter((one) => one !== undefined)).toHaveLength(Math.min(calls.length, most));
            for (const one of given) one?.release();
          }),
          few,
        );
      });

      it('never give more than there are, however they are taken and given back', async () => {
        const step = fc.record({ index: fc.nat({ max: 9 }), takes: fc.boolean() });
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
            const places = newName();
            const taken: { release(): void }[] = [];
            for (const { index, takes } of steps) {
              const given = takes ? await at(index).acquire(places, 3) : taken.shift()?.release();
              if (given) taken.push(given);
              expect(taken.length).toBeLessThanOrEqual(3);
            }
            for (const one of taken) one.release();
          }),
          few,
        );
      });

      it('have one that is given back for anybody, once', async () => {
        const places = newName();
        const [first, second] = [await at(0).acquire(places, 2), await at(1).acquire(places, 2)];
        expect(await at(0).acquire(places, 2)).toBeUndefined();
        first?.release();
        first?.release();
        const third = await vi.waitFor(async () => {
          const given = await at(1).acquire(places, 2);
          expect(given).toBeDefined();
          return given;
        }, patience);
        expect(await at(0).acquire(places, 2)).toBeUndefined();
        second?.release();
        third?.release();
      });

      it('are free for whoever was refused before', async () => {
        const places = newName();
        const given = await at(0).acquire(places, 1);
        for (let count = 0; count < 3; count += 1) expect(await at(1).acquire(places, 1)).toBeUndefined();
        given?.release();
        await vi.waitFor(async () => expect(await at(1).acquire(places, 1)).toBeDefined(), patience);
      });

      it('are other places under another name', async () => {
        const given = [await at(0).acquire(newName(), 1), await at(0).acquire(newName(), 1)];
        expect(given).not.toContain(undefined);
        for (const one of given) one?.release();
      });
    });

    describe('of amounts', () => {
      it('allow no more than may be used to those who ask at the same moment', async () => {
        const amounts = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 40 })), { maxLength: 25 });
        await fc.assert(
          fc.asyncProperty(amounts, async (asked) => {
            const name = newName();
            const allowance = { most: 100, until: tomorrow() };
            const said = await Promise.all(asked.map(([index, amount]) => at(index).reserve(name, amount, allowance)));
            const used = asked
              .filter((_, place) => said[place] !== undefined)
              .reduce((sum, [, amount]) => sum + amount, 0);
            expect(used).toBeLessThanOrEqual(100);
          }),
          few,
        );
      });

      it('allow an amount that fits exactly, and nothing after it', async () => {
        const name = newName();
        const allowance = { most: 10, until: tomorrow() };
        const said = [
          await at(0).reserve(name, 6, allowance),
          await at(1).reserve(name, 5, allowance),
          await at(1).reserve(name, 4, allowance),
          await at(0).reserve(name, 1, allowance),
        ];
        expect(said.map((given) => given !== undefined)).toEqual([true, false, true, false]);
      });

      it('are corrected by what was used in truth, by less and by more', async () => {
        const name = newName();
        const allowance = { most: 10, until: tomorrow() };
        const allows = (index: number, amount: number) =>
          vi.waitFor(async () => {
            const given = await at(index).reserve(name, amount, allowance);
            expect(given).toBeDefined();
            return given;
          }, patience);
        const first = await allows(0, 10);
        first?.settle(3);
        const second = await allows(1, 7);
        first?.settle(33); // it took more than was set aside
        second?.settle(0);
        // 33 by now: as long as the one correction is on its way, there may be room still.
        await vi.waitFor(async () => {
          const given = await at(1).reserve(name, 1, allowance);
          given?.settle(0);
          expect(given).toBeUndefined();
        }, patience);
        expect(await at(0).reserve(name, 1, allowance)).toBeUndefined();
      });

      it('are there for whoever was refused before', async () => {
        const name = newName();
        const allowance = { most: 10, until: tomorrow() };
        const given = await at(0).reserve(name, 10, allowance);
        for (let count = 0; count < 3; count += 1) expect(await at(1).reserve(name, 10, allowance)).toBeUndefined();
        given?.settle(0);
        await vi.waitFor(async () => expect(await at(1).reserve(name, 10, allowance)).toBeDefined(), patience);
      });

      it('are never less than nothing', async () => {
        const name = newName();
        const allowance = { most: 10, until: tomorrow() };
        const given = await at(0).reserve(name, 1, allowance);
        given?.settle(-100);
        await vi.waitFor(async () => expect(await at(0).reserve(name, 10, allowance)).toBeDefined(), patience);
        expect(await at(1).reserve(name, 1, allowance)).toBeUndefined();
      });

      it('are used still when all processes have begun anew', async () => {
        const name = newName();
        const allowance = { most: 10, until: tomorrow() };
        const used = await at(0).reserve(name, 9, allowance);
        used?.settle(4);
        used?.settle(6);
        const [first] = await place.restart();
        expect(await first?.reserve(name, 5, allowance)).toBeUndefined();
        const rest = await first?.reserve(name, 4, allowance);
        expect(rest).toBeDefined();
        rest?.settle(0);
        const [second] = await place.restart();
        expect(await second?.reserve(name, 5, allowance)).toBeUndefined();
        expect(await second?.reserve(name, 4, allowance)).toBeDefined();
      });

      it('are other amounts under another name, and large', async () => {
        const allowance = { most: 1e12, until: tomorrow() };
        const [name, other] = [newName(), newName()];
        const said = [
          await at(0).reserve(name, 1e12 - 1, allowance),
          await at(0).reserve(other, 1e12, allowance),
          await at(1).reserve(name, 2, allowance),
          await at(1).reserve(name, 1, allowance),
        ];
        expect(said.map((given) => given !== undefined)).toEqual([true, true, false, true]);
      });
    });
  });
}
