import type { Awaitable } from '../async/awaitable.ts';

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
export interface Allowance {
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
  hold(name: string, most: number): Promise<{ release(): void } | undefined>;
  /**
   * Sets an amount aside of what is allowed; `undefined` if more than that would be used. What a process that died had set aside is free
   * again after some seconds.
   */
  reserve(name: string, amount: number, allowance: Allowance): Promise<Reservation | undefined>;
  /** Gives all places back. */
  close(): Promise<void>;
}
