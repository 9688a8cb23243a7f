import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { createLocalCounters } from '../../../src/stores/local/local-counters.ts';
import { connect, type RedisPlace } from '../../../src/stores/redis/connection.ts';
import { createRedisCounters } from '../../../src/stores/redis/counters.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { countersContract } from '../../support/counters-contract.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinels } from '../../support/redis-sentinel.ts';
import { startRedis } from '../../support/redis-server.ts';

countersContract('local', async () => {
  const counters = createLocalCounters();
  return { processes: [counters], remove: () => counters.close() };
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
    const processes = connections.map((connection) => createRedisCounters(connection, keys, { events }));
    return {
      processes,
      async remove() {
        await Promise.all(processes.map((one) => one.close()));
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
