import type { Storage } from '../storage.ts';
import type { Store } from '../store.ts';
import type { AmountShelf } from './amounts.ts';
import { createLocalCounters } from './local-counters.ts';
import { createLocalFeed } from './local-feed.ts';
import { createLocalLeases } from './local-leases.ts';
import { createLocalLines } from './local-lines.ts';

/** The storage of a process that has its store to itself. Amounts outlive it where there is a shelf for them. */
export function createLocalStorage(store: Store, shelf?: AmountShelf): Storage {
  const counters = createLocalCounters(shelf);
  return {
    store,
    feed: createLocalFeed(store),
    leases: createLocalLeases(),
    lines: createLocalLines(),
    counters,
    async close() {
      await counters.close();
      await store.close();
    },
  };
}
