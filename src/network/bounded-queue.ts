import type { Awaitable } from '../async/awaitable.ts';

/** Something that can be told to wait. */
export interface Tap {
  pause(): void;
  resume(): void;
}

/** What has come in and was not taken yet. One taker at a time; it throws what the inbox failed with. */
export interface BoundedQueue<T> {
  push(entry: T, size: number): void;
  end(): void;
  /** What has ended fails no more. */
  fail(error: Error): void;
  /** What `use` makes of everything that is there, as soon as anything is; of `undefined` at the end. */
  take<R>(use: (taken: readonly T[] | undefined) => Awaitable<R>): Promise<R>;
  /** What `use` makes of everything up to the end, or of more than `most` as soon as that much is there. */
  takeAll<R>(most: number, use: (taken: readonly T[]) => Awaitable<R>): Promise<R>;
}

/** An inbox that pauses its tap while more than `bound` is in it, or than somebody waits for. */
export function createBoundedQueue<T>(tap: Tap, bound: number): BoundedQueue<T> {
  let entries: T[] = [];
  let held = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  /** How much there has to be before who waits is woken. */
  let wanted = 0;
  let paused = false;

  const woken = (): void => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  const resume = (): void => {
    if (paused) tap.resume();
    paused = false;
  };
  const wait = (resolve: (nothing: undefined) => void): void => {
    wake = () => resolve(undefined);
  };
  const isOver = (): boolean => ended || failure !== undefined;
  const taken = (): T[] => {
    const all = entries;
    entries = [];
    held = 0;
    resume();
    return all;
  };
  return {
    push(entry, size) {
      entries.push(entry);
      held += size;
      if (held > Math.max(bound, wanted) && !paused) {
        paused = true;
        tap.pause();
      }
      if (held >= wanted) woken();
    },
    end() {
      ended = true;
      woken();
    },
    fail(error) {
      if (!ended) failure ??= error;
      woken();
    },
    take(use) {
      wanted = 0;
      const waiting = entries.length > 0 || isOver() ? Promise.resolve() : new Promise<undefined>(wait);
      return waiting.then(() => {
        if (entries.length > 0) return use(taken());
        if (failure !== undefined) throw failure;
        return use(undefined);
      });
    },
    takeAll(most, use) {
      wanted = most + 1;
      resume();
      const waiting = held > most || isOver() ? Promise.resolve() : new Promise<undefined>(wait);
      return waiting.then(() => {
        if (failure !== undefined) throw failure;
        return use(taken());
      });
    },
  };
}
