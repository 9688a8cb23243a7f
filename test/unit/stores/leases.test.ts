import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Leases } from '../../../src/stores/coordination.ts';
import { createLocalLeases } from '../../../src/stores/local/local-coordination.ts';
import { connect } from '../../../src/stores/redis/connection.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { createRedisLeases } from '../../../src/stores/redis/leases.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

const patience = { timeout: 10_000 };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function contract(name: string, open: () => Promise<Leases>): void {
  describe(`leases: ${name}`, () => {
    it('gives a name to one at a time, and tells who has it', async () => {
      const leases = await open();
      const taken = await leases.take('a', 'first');
      expect(await leases.take('a', 'second')).toEqual({ takenBy: 'first' });
      expect(await leases.holder('a')).toBe('first');
      if ('lease' in taken) await taken.lease.release();
      expect(await leases.holder('a')).toBeUndefined();
      expect(await leases.take('a', 'second')).toHaveProperty('lease');
    });

    it('gives a name to exactly one of many who ask at once', async () => {
      const leases = await open();
      const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => leases.take('b', `${index}`)));
      expect(asked.filter((answer) => 'lease' in answer)).toHaveLength(1);
    });

    it('takes nothing from the next holder when a name is given back twice', async () => {
      const leases = await open();
      const first = await leases.take('c', 'first');
      if ('lease' in first) await first.lease.release();
      await leases.take('c', 'second');
      if ('lease' in first) await first.lease.release();
      expect(await leases.holder('c')).toBe('second');
    });
  });
}

contract('in this process', () => Promise.resolve(createLocalLeases()));

if (hasAll({ 'redis-server': hasProgram('redis-server') })) {
  let redis: RedisServer | undefined;
  let prefixes = 0;
  afterAll(async () => redis?.remove());

  /** Leases of one more process over the same Redis. */
  async function join(prefix: string, times?: { keepMs: number; renewMs: number }) {
    redis ??= await startRedis();
    const connection = await connect({ url: redis.url });
    const leases = createRedisLeases(connection, createKeys(prefix), times);
    closing.push(() => connection.close(), leases.close);
    return { leases, connection };
  }
  const newPrefix = (): string => {
    prefixes += 1;
    return `test-${prefixes}`;
  };
  contract('Redis', async () => (await join(newPrefix())).leases);

  describe('leases of several processes', () => {
    it('keep a name for as long as its holder lives, and not much longer', async () => {
      const prefix = newPrefix();
      const times = { keepMs: 400, renewMs: 50 };
      const one = await join(prefix, times);
      const other = await join(prefix, times);
      await one.leases.take('a', 'one');
      const client = redis?.client();
      const [row = ''] = (await client?.keys(`${prefix}:lease:*`)) ?? [];
      // Its end has been put off at least once.
      await client?.pexpire(row, 100);
      await vi.waitFor(async () => expect(await client?.pttl(row)).toBeGreaterThan(100), patience);
      expect(await other.leases.take('a', 'other')).toEqual({ takenBy: 'one' });
      await one.connection.close();
      await vi.waitFor(async () => expect(await other.leases.take('a', 'other')).toHaveProperty('lease'), 5_000);
    });

    it('are given back when their process closes', async () => {
      const prefix = newPrefix();
      const one = await join(prefix);
      const other = await join(prefix);
      await one.leases.take('a', 'one');
      await one.leases.close();
      expect(await other.leases.take('a', 'other')).toHaveProperty('lease');
    });

    it('come back after Redis has lost them', async () => {
      const prefix = newPrefix();
      const { leases } = await join(prefix, { keepMs: 10_000, renewMs: 50 });
      await leases.take('a', 'one');
      await redis?.client().flushall();
      await vi.waitFor(async () => expect(await leases.holder('a')).toBe('one'), patience);
    });
  });
}
