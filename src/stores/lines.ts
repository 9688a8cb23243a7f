/** Lines in which each waits for those before it, over all processes of a gateway. */
export interface Lines {
  /**
   * Takes the last place of a line. Resolves when all that were before it have left, with the call by which this one leaves, which never
   * rejects. The places of a process that dies are free after some seconds. Throws the signal's reason and `store-unavailable`, and has
   * left then.
   */
  enter(name: string, signal: AbortSignal): Promise<() => Promise<void>>;
}
