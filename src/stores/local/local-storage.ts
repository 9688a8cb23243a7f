import type { Storage } from '../storage.ts';
import type { Store } from '../store.ts';
import { createLocalCounters } from './local-counters.ts';
import { createLocalLeases } from './local-leases.ts';
import { createLocalLines } from './local-lines.ts';
import { openLocalLog } from './local-log.ts';

/** The storage of a process that has its store to itself. */
export function createLocalStorage(store: Store): Storage {
  const counters = createLocalCounters();
  return {
    store,
    openLog: openLocalLog,
    leases: createLocalLeases(),
    lines: createLocalLines(),
    counters,
    async close() {
      await counters.close();
      await store.close();
    },
  };
}
