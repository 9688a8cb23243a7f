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

/** What is counted over all processes of a gateway. Nothing here rejects because a store is away: this process counts by itself meanwhile. */
export interface Counters {
  /** Counts one call of a key in its group's window, which begins with its first call. */
  count(group: string, key: string, rate: Rate): Promise<Counted>;
  /** One of `most` places, until it is given back; `undefined` if all are taken. Places of a process that died are free again after some seconds. */
  hold(name: string, most: number): Promise<{ release(): void } | undefined>;
  /** Uses an amount of what is allowed, unless more than that would be used. */
  reserve(name: string, amount: number, allowance: Allowance): Promise<boolean>;
  /** Corrects what was reserved, by more or by less, and never to less than nothing. Nobody waits for it. */
  settle(name: string, difference: number, allowance: Allowance): void;
  /** Gives all places back. */
  close(): Promise<void>;
}
