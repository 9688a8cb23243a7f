import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { createLocalStorage } from '../../../src/stores/local/local-coordination.ts';
import { createLocalCounters } from '../../../src/stores/local/local-counters.ts';
import { createWindows } from '../../../src/stores/local/windows.ts';
import { connect, type RedisPlace } from '../../../src/stores/redis/connection.ts';
import { createRedisCounters } from '../../../src/stores/redis/counters.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { countersContract } from '../../support/counters-contract.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinels } from '../../support/redis-sentinel.ts';
import { startRedis } from '../../support/redis-server.ts';

countersContract('local', async () => {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-counters-'));
  const open = async () => {
    const store = await openEmbeddedStore({ path });
    return createLocalStorage(store, store.amounts);
  };
  let storage = await open();
  return {
    processes: [storage.counters],
    async restart() {
      await storage.close();
      storage = await open();
      return [storage.counters];
    },
    async remove() {
      await storage.close();
      await rm(path, { recursive: true });
    },
  };
});

describe('the local counters', () => {
  it('have what was used on the disk within a moment, and forget what is of another day', async () => {
    const path = await mkdtemp(join(tmpdir(), 'dragoman-counters-'));
    const store = await openEmbeddedStore({ path });
    const counters = createLocalCounters(store.amounts);
    const until = Date.now() + 86_400_000;
    const used = await counters.reserve('tokens', 9, { most: 10, until });
    used?.settle(7);
    const short = await counters.reserve('of a moment', 9, { most: 10, until: Date.now() + 50 });
    short?.settle(7);
    const kept = [{ name: 'tokens', amount: 7, until }];
    await expect.poll(() => store.amounts.readAll(), { timeout: 20_000 }).toEqual(expect.arrayContaining(kept));
    await expect
      .poll(
        async () => {
          (await counters.reserve('other', 1, { most: 1, until }))?.settle(0);
          return store.amounts.readAll();
        },
        { timeout: 20_000 },
      )
      .toEqual(kept);
    await counters.close();
    await store.close();
    await rm(path, { recursive: true });
  });

  it('forget whom they have not seen for longest, and first those who came once', () => {
    const { count } = createWindows(8);
    const rate = { points: 2, seconds: 60 };
    const left = (key: string) => count('g', key, rate).remaining;
    expect([left('ann'), left('ann'), left('bob')]).toEqual([1, 0, 1]);
    for (let stranger = 0; stranger < 100; stranger += 1) expect(left(`stranger ${stranger}`)).toBe(1);
    expect(count('g', 'ann', rate).admitted).toBe(false); // whoever comes once frees nobody who came again
    expect(left('bob')).toBe(1);
    for (const name of ['cid', 'dan', 'eve', 'fay']) expect([left(name), left(name)]).toEqual([1, 0]);
    expect(left('ann')).toBe(1);
    expect(count('h', 'ann', rate).remaining).toBe(1);
  });

  it('take no more memory for a million keys than they have', async () => {
    const module = fileURLToPath(new URL('../../../dist/stores/local/local-counters.js', import.meta.url));
    const script = `
      const { createLocalCounters } = await import(${JSON.stringify(module)});
      const { count } = createLocalCounters();
      for (let key = 0; key < 1_000_000; key += 1) {
        await count(key % 2 ? 'address' : 'session', 'session '.repeat(5) + key, { points: 3, seconds: 3600 });
      }`;
    const run = promisify(execFile)(process.execPath, ['--max-old-space-size=96', '--input-type=module', '-e', script]);
    await expect(run).resolves.toEqual({ stdout: '', stderr: '' });
  }, 120_000);
});

const events = {
  whenAway(reason: Error) {
    throw reason;
  },
  whenBack: () => undefined,
  whenInsured: () => undefined,
};

/** The contract over what `begin` starts for all its tests: three processes, with a prefix of their own for each test. */
function contractOver<T extends { remove(): Promise<void> }>(
  name: string,
  begin: () => Promise<T>,
  placeOf: (started: T) => RedisPlace,
): void {
  let started: Promise<T> | undefined;
  afterAll(async () => (await started)?.remove());
  countersContract(name, async () => {
    started ??= begin();
    const place = placeOf(await started);
    const keys = createKeys(`test-${randomUUID()}`);
    const connections = await Promise.all(Array.from({ length: 3 }, () => connect(place)));
    const create = () => connections.map((connection) => createRedisCounters(connection, keys, { events }));
    let processes = create();
    const end = () => Promise.all(processes.map((one) => one.close()));
    return {
      processes,
      async restart() {
        await end();
        processes = create();
        return processes;
      },
      async remove() {
        await end();
        await Promise.all(connections.map((one) => one.close()));
      },
    };
  });
}

if (hasAll({ 'redis-server': hasProgram('redis-server') })) {
  contractOver('Redis', startRedis, ({ url }) => ({ url }));
  contractOver('Redis Cluster', startRedisCluster, ({ urls }) => ({ cluster: urls }));
  contractOver('Redis Sentinel', startRedisSentinels, ({ urls, group }) => ({ sentinels: urls, group }));
}
