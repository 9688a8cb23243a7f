import { createLocalCounters } from '../local/local-counters.ts';
import { createLocalLeases } from '../local/local-leases.ts';
import { openLocalLog } from '../local/local-log.ts';
import type { Storage } from '../storage.ts';
import { connect } from './connection.ts';
import { createRedisStore, type RedisStoreOptions } from './index.ts';

/** The storage of any number of processes that share a Redis. It opens whether Redis is there or not, as its store does. */
export async function openRedisStorage({ place, ...options }: RedisStoreOptions): Promise<Storage> {
  const connection = await connect(place);
  const store = createRedisStore(connection, options);
  const counters = createLocalCounters();
  return {
    store,
    openLog: openLocalLog,
    leases: createLocalLeases(),
    counters,
    async close() {
      await counters.close();
      await store.close();
    },
  };
}
