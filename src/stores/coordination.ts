import type { Awaitable } from '../async/awaitable.ts';
import type { FeedRecords } from './feed-records.ts';
import type { Store } from './store.ts';

/** A name that one process has, until it gives it back or dies. */
export interface Lease {
  /** Never rejects: what cannot be given back ends by itself. */
  release(): Promise<void>;
}

/** Names of which each belongs to one holder at a time, over all processes of a gateway. */
export interface Leases {
  /**
   * Takes a name, if nobody has it; otherwise tells what its holder said of itself. It is kept until it is released: of a process that
   * dies, names are free again after some seconds. Throws `store-unavailable`.
   */
  take(name: string, holder: string): Promise<{ readonly lease: Lease } | { readonly takenBy: string }>;
  /** What a name's holder said of itself; `undefined` if nobody has it. Throws `store-unavailable`. */
  holder(name: string): Promise<string | undefined>;
}

/** Lines in which each waits for those before it, over all processes of a gateway. */
export interface FairLocks {
  /**
   * Takes the last place of a line. Resolves when all that were before it have left, with the call by which this one leaves, which never
   * rejects. The places of a process that dies are free after some seconds. Throws the signal's reason and `store-unavailable`, and has
   * left then.
   */
  acquire(name: string, signal: AbortSignal): Promise<() => Promise<void>>;
}

/** At most `points` in any `seconds`. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

/** What a window says to one call. */
export interface Counted {
  readonly admitted: boolean;
  readonly remaining: number;
  /** Until the window ends, in milliseconds. */
  readonly msLeft: number;
}

/** An amount that may be used until a moment. */
export interface AmountQuota {
  readonly most: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** An amount that is set aside of what may be used. */
export interface Reservation {
  /** Counts so much in its place, or in place of what was said before. Nobody waits for it. */
  settle(used: number): void;
}

/** What is counted over all processes of a gateway. Nothing here rejects because a store is away: this process counts by itself meanwhile. */
export interface Counters {
  /** Counts one call of a key in its group's window, which begins with its first call. */
  count(group: string, key: string, rate: Rate): Awaitable<Counted>;
  /** One of `most` places, until it is given back; `undefined` if all are taken. Places of a process that died are free again after some seconds. */
  acquire(name: string, most: number): Promise<{ release(): void } | undefined>;
  /**
   * Sets an amount aside of what is allowed; `undefined` if more than that would be used. What a process that died had set aside is free
   * again after some seconds.
   */
  reserve(name: string, amount: number, quota: AmountQuota): Promise<Reservation | undefined>;
  /** Gives all places back. */
  close(): Promise<void>;
}

/** Where backups are made, and what goes with the store. Absolute folders. */
export interface BackupPlace {
  readonly folder: string;
  /** Images that are kept in a folder too. */
  readonly uploads?: string;
}

/** A backup that is whole, and on its disk. */
export interface Backup {
  /** Its own folder's name, by the time at which it was begun. */
  readonly name: string;
  /** Of the store. */
  readonly bytes: number;
  readonly images: number;
}

/** All that is kept beyond one call: for this process alone, or for all that share it. */
export interface Storage {
  readonly store: Store;
  readonly feed: FeedRecords;
  readonly leases: Leases;
  readonly locks: FairLocks;
  readonly counters: Counters;
  /** Makes a backup while it goes on. Throws `conflict` while one is made. Absent where others see to backups. */
  backUp?(place: BackupPlace): Promise<Backup>;
  close(): Promise<void>;
}
