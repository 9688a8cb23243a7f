/** Something that can be told to wait. */
export interface Tap {
  pause(): void;
  resume(): void;
}

/** What has come in and was not taken yet. */
export interface Inbox<T> {
  push(entry: T, size: number): void;
  end(): void;
  fail(error: Error): void;
  /** Everything that is there, as soon as anything is; `undefined` at the end. Throws what it failed with. One taker at a time. */
  take(): Promise<readonly T[] | undefined>;
}

/** An inbox that pauses its tap while more than `bound` is in it. */
export function createInbox<T>(tap: Tap, bound: number): Inbox<T> {
  let entries: T[] = [];
  let held = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let paused = false;

  const woken = (): void => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  return {
    push(entry, size) {
      entries.push(entry);
      held += size;
      if (held > bound && !paused) {
        paused = true;
        tap.pause();
      }
      woken();
    },
    end() {
      ended = true;
      woken();
    },
    fail(error) {
      failure ??= error;
      woken();
    },
    async take() {
      while (entries.length === 0) {
        if (failure !== undefined) throw failure;
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const taken = entries;
      entries = [];
      held = 0;
      if (paused) {
        paused = false;
        tap.resume();
      }
      return taken;
    },
  };
}
