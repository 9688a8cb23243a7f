import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors/index.ts';
import type { FairLocks } from '../../../src/stores/coordination.ts';
import { createLocalLines } from '../../../src/stores/local/local-coordination.ts';
import { connect } from '../../../src/stores/redis/connection.ts';
import { createRedisLocks, type LockTimes } from '../../../src/stores/redis/fair-locks.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { openRedisWay } from '../../support/redis-way.ts';

const patience = { timeout: 10_000 };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const { signal } = new AbortController();
const away = new GatewayError('client-closed', 'The client went away');

/** Enters, says so, and leaves when it is told to. */
function enter(lines: FairLocks, name: string, steps: string[], options: { line?: string; signal?: AbortSignal } = {}) {
  const entering = lines.acquire(options.line ?? 'a', options.signal ?? signal).then((leave) => {
    steps.push(`${name} enters`);
    return async () => {
      steps.push(`${name} leaves`);
      await leave();
    };
  });
  return { leave: async () => (await entering)(), entering };
}

function contract(name: string, open: () => Promise<FairLocks>): void {
  describe(`lines: ${name}`, () => {
    it('let one after the other pass, in the order in which they came', async () => {
      const lines = await open();
      const steps: string[] = [];
      const all = ['first', 'second', 'third'].map((one) => enter(lines, one, steps));
      for (const { leave } of all) await leave();
      const order = ['first', 'second', 'third'].flatMap((one) => [`${one} enters`, `${one} leaves`]);
      expect(steps).toEqual(order);
    });

    it('hold up nobody of another line', async () => {
      const lines = await open();
      const steps: string[] = [];
      await enter(lines, 'first', steps).entering;
      await enter(lines, 'another', steps, { line: 'b' }).entering;
      expect(steps).toEqual(['first enters', 'another enters']);
    });

    it('keep the place of the one before whom another has given up waiting', async () => {
      const lines = await open();
      const steps: string[] = [];
      const first = enter(lines, 'first', steps);
      await first.entering;
      const leaving = new AbortController();
      const second = enter(lines, 'second', steps, { signal: leaving.signal });
      const third = enter(lines, 'third', steps);
      leaving.abort(away);
      await expect(second.entering).rejects.toBe(away);
      await first.leave();
      await third.leave();
      expect(steps).toEqual(['first enters', 'first leaves', 'third enters', 'third leaves']);
      await expect(lines.acquire('a', AbortSignal.abort(away))).rejects.toBe(away);
      await enter(lines, 'fourth', steps).leave();
    });
  });
}

contract('in this process', () => Promise.resolve(createLocalLines()));

if (hasAll({ 'redis-server': hasProgram('redis-server') })) {
  let redis: RedisServer | undefined;
  let prefixes = 0;
  afterAll(async () => redis?.remove());

  /** Lines of one more process over the same Redis. */
  async function join(prefix: string, times?: Partial<LockTimes>) {
    redis ??= await startRedis();
    const way = await openRedisWay(redis.port);
    const connection = await connect({ url: way.url });
    const lines = createRedisLocks(connection, createKeys(prefix), times);
    closing.push(
      () => way.close(),
      () => connection.close(),
      lines.close,
    );
    return { lines, connection, way };
  }
  const newPrefix = (): string => {
    prefixes += 1;
    return `test-${prefixes}`;
  };
  contract('Redis', async () => (await join(newPrefix())).lines);

  describe('lines of several processes', () => {
    it('are one line, also where one process has several who wait', async () => {
      const prefix = newPrefix();
      const [one, other] = [await join(prefix), await join(prefix)];
      const steps: string[] = [];
      const names = ['1', '2', '3', '4', '5', '6'];
      const places: ReturnType<typeof enter>[] = [];
      for (const [index, name] of names.entries()) {
        places.push(enter((index % 2 === 0 ? one : other).lines, name, steps));
        await vi.waitFor(async () => {
          const [row = ''] = (await redis?.client().keys(`${prefix}:line:*:places`)) ?? [];
          expect(await redis?.client().zcard(row)).toBe(index + 1);
        }, patience);
      }
      for (const { leave } of places) await leave();
      expect(steps).toEqual(names.flatMap((name) => [`${name} enters`, `${name} leaves`]));
      expect(await redis?.client().keys(`${prefix}:*`)).toEqual([]);
    });

    it('go on soon after a process that was first has died, and not while it lives', async () => {
      const prefix = newPrefix();
      const times = { keepMs: 500, renewMs: 50, askMs: 20 };
      const [one, other] = [await join(prefix, times), await join(prefix, times)];
      const steps: string[] = [];
      await enter(one.lines, 'first', steps).entering;
      const second = enter(other.lines, 'second', steps);
      const [row = ''] = (await redis?.client().keys(`${prefix}:line:*:signs`)) ?? [];
      const [place = '', free = ''] = (await redis?.client().zrange(row, '0', '0', 'WITHSCORES')) ?? [];
      // Its end has been put off at least once.
      await vi.waitFor(async () =>
        expect(Number(await redis?.client().zscore(row, place))).toBeGreaterThan(Number(free)),
      );
      expect(steps).toEqual(['first enters']);
      await one.connection.close();
      await second.entering;
      expect(steps).toEqual(['first enters', 'second enters']);
    });

    it('keep the place of one who waits while Redis is away for a moment', async () => {
      const prefix = newPrefix();
      const [one, other] = [await join(prefix), await join(prefix, { askMs: 10 })];
      const steps: string[] = [];
      const first = enter(one.lines, 'first', steps);
      await first.entering;
      const second = enter(other.lines, 'second', steps);
      await vi.waitFor(async () => {
        const [row = ''] = (await redis?.client().keys(`${prefix}:line:*:places`)) ?? [];
        expect(await redis?.client().zcard(row)).toBe(2);
      }, patience);
      other.way.cut();
      await vi.waitFor(() => expect(other.connection.client.status).not.toBe('ready'), patience);
      await expect(other.lines.acquire('a', signal)).rejects.toMatchObject({ code: 'store-unavailable' });
      other.way.mend();
      await first.leave();
      await second.leave();
      expect(steps).toEqual(['first enters', 'first leaves', 'second enters', 'second leaves']);
    });

    it('let nobody wait for ever while Redis stays away, nor longer than it wants to', async () => {
      const prefix = newPrefix();
      const [one, other] = [await join(prefix), await join(prefix, { askMs: 10, awayMs: 300 })];
      const steps: string[] = [];
      await enter(one.lines, 'first', steps).entering;
      const leaving = new AbortController();
      const [second, third] = [enter(other.lines, 'second', steps), other.lines.acquire('a', leaving.signal)];
      await vi.waitFor(async () => {
        const [row = ''] = (await redis?.client().keys(`${prefix}:line:*:places`)) ?? [];
        expect(await redis?.client().zcard(row)).toBe(3);
      }, patience);
      other.way.cut();
      await vi.waitFor(() => expect(other.connection.client.status).not.toBe('ready'), patience);
      const refused = expect(second.entering).rejects.toMatchObject({ code: 'store-unavailable' });
      leaving.abort(away);
      await expect(third).rejects.toBe(away);
      await refused;
      expect(steps).toEqual(['first enters']);
    });

    it('are left when their process closes, and refuse to be entered while Redis is away', async () => {
      const prefix = newPrefix();
      const [one, other] = [await join(prefix), await join(prefix)];
      const steps: string[] = [];
      await enter(one.lines, 'first', steps).entering;
      await one.lines.close();
      await enter(other.lines, 'second', steps).entering;
      await other.connection.close();
      await expect(other.lines.acquire('a', signal)).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
}
