import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { openRedisStore, type RedisPlace } from '../../../src/stores/redis/index.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinels } from '../../support/redis-sentinel.ts';
import { startRedis } from '../../support/redis-server.ts';
import { storeContract } from '../../support/store-contract.ts';

/** The contract over what `begin` starts for all its tests, each with a prefix of its own. */
function contractOver<T extends { remove(): Promise<void> }>(
  name: string,
  begin: () => Promise<T>,
  placeOf: (started: T) => RedisPlace,
): void {
  let started: Promise<T> | undefined;
  afterAll(async () => (await started)?.remove());
  storeContract(name, async () => {
    started ??= begin();
    const place = placeOf(await started);
    const prefix = `test-${randomUUID()}`;
    return {
      open: (bounds) => openRedisStore({ place, prefix, ...bounds }),
      remove: async () => undefined,
    };
  });
}

if (hasAll({ 'redis-server': hasProgram('redis-server') })) {
  contractOver('Redis', startRedis, ({ url }) => ({ url }));
  // A node of a Cluster refuses a script whose keys are not all in one slot; those in three lie on different nodes.
  contractOver('Redis Cluster', startRedisCluster, ({ urls }) => ({ cluster: urls }));
  contractOver('Redis Sentinel', startRedisSentinels, ({ urls, group }) => ({ sentinels: urls, group }));
}
