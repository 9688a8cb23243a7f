import type { Storage } from '../coordination.ts';
import type { StoreWatch } from '../store.ts';
import { connect } from './connection.ts';
import { createRedisCounters, type RedisCountersOptions } from './counters.ts';
import { createRedisLocks } from './fair-locks.ts';
import { openRedisFeed } from './feed.ts';
import { openFormat } from './format.ts';
import { createRedisStore, type RedisStoreOptions } from './index.ts';
import { createKeys } from './keys.ts';
import { createRedisLeases } from './leases.ts';

export interface RedisStorageOptions extends RedisStoreOptions {
  readonly counting: RedisCountersOptions;
  readonly asked?: StoreWatch;
}

/** The storage of any number of processes that share a Redis. It opens whether Redis is there or not, as its store does. */
export async function openRedisStorage({ place, counting, asked, ...options }: RedisStorageOptions): Promise<Storage> {
  const connection = await connect(place, 'asks', asked);
  const keys = createKeys(options.prefix);
  const mark = await openFormat(connection, keys);
  const { records, note } = await openRedisFeed({ connection, place, keys });
  const store = createRedisStore(connection, { ...options, mark, noteFollowed: note });
  const leases = createRedisLeases(connection, keys);
  const lines = createRedisLocks(connection, keys);
  const counters = createRedisCounters(connection, keys, counting);
  return {
    store,
    feed: records,
    leases,
    locks: lines,
    counters,
    async close() {
      await records.close();
      await counters.close();
      await leases.close();
      await lines.close();
      await store.close();
    },
  };
}
