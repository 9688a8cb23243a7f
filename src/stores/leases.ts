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
