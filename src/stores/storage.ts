import type { Counters } from './counters.ts';
import type { FeedRecords } from './feed-records.ts';
import type { Leases } from './leases.ts';
import type { Lines } from './lines.ts';
import type { Store } from './store.ts';

/** All that is kept beyond one call: for this process alone, or for all that share it. */
export interface Storage {
  readonly store: Store;
  readonly feed: FeedRecords;
  readonly leases: Leases;
  readonly lines: Lines;
  readonly counters: Counters;
  close(): Promise<void>;
}
