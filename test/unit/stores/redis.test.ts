import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { openRedisStore, type RedisPlace } from '../../../src/stores/redis/index.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis, startRedisCluster } from '../../support/redis-server.ts';
import { storeContract } from '../../support/store-contract.ts';

/** The contract over one server for all its tests, each with a prefix of its own. */
function contractOver(name: string, begin: () => Promise<RedisServer>, placeOf: (server: RedisServer) => RedisPlace) {
  let server: Promise<RedisServer> | undefined;
  afterAll(async () => (await server)?.remove());
  storeContract(name, async () => {
    server ??= begin();
    const place = placeOf(await server);
    const prefix = `test-${randomUUID()}`;
    return {
      open: () => openRedisStore({ place, prefix }),
      remove: async () => undefined,
    };
  });
}

if (hasAll({ 'redis-server': hasProgram('redis-server') })) {
  contractOver('Redis', startRedis, ({ url }) => ({ url }));
  // A node of a Cluster refuses a script whose keys are not all in one slot.
  contractOver('Redis Cluster', startRedisCluster, ({ url }) => ({ cluster: [url] }));
}
