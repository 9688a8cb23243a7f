import type { FairLocks, Leases, Storage } from '../coordination.ts';
import type { Store } from '../store.ts';
import type { AmountShelf } from './amounts.ts';
import { createLocalCounters } from './local-counters.ts';
import { createLocalFeed } from './local-feed.ts';

/** Names of this process alone. */
export function createLocalLeases(): Leases {
  const holders = new Map<string, string>();
  return {
    take(name, holder) {
      const takenBy = holders.get(name);
      if (takenBy !== undefined) return Promise.resolve({ takenBy });
      holders.set(name, holder);
      let held = true;
      const release = (): Promise<void> => {
        if (held) holders.delete(name);
        held = false;
        return Promise.resolve();
      };
      return Promise.resolve({ lease: { release } });
    },
    holder: (name) => Promise.resolve(holders.get(name)),
  };
}

/** Lines of this process alone. */
export function createLocalLines(): FairLocks {
  const last = new Map<string, Promise<void>>();
  return {
    async acquire(name, signal) {
      const before = last.get(name);
      let leave = (): void => undefined;
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      // Who gives up waiting leaves its place, and not the place of the one before it.
      const mine = before === undefined ? left : Promise.all([before, left]).then(() => undefined);
      last.set(name, mine);
      void mine.then(() => {
        if (last.get(name) === mine) last.delete(name);
      });
      try {
        await unlessAborted(before, signal);
      } catch (reason) {
        leave();
        throw reason;
      }
      return () => {
        leave();
        return Promise.resolve();
      };
    },
  };
}

function unlessAborted(before: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error); // a `GatewayError`, by the contract of a call's signal
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const enter = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    if (before === undefined) enter();
    else void before.then(enter);
  });
}

/** The storage of a process that has its store to itself. Amounts outlive it where there is a shelf for them. */
export function createLocalStorage(store: Store, shelf?: AmountShelf): Storage {
  const counters = createLocalCounters(shelf);
  return {
    store,
    feed: createLocalFeed(store),
    leases: createLocalLeases(),
    locks: createLocalLines(),
    counters,
    async close() {
      await counters.close();
      await store.close();
    },
  };
}
