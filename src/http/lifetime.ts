import { setMaxListeners } from 'node:events';

/** Calls that are being served. */
export interface RunningCalls {
  /** Counts a call until `end` is called; `cut` makes it end before its time. */
  begin(cut: () => void): { end(): void };
  /** How many there are. */
  readonly size: number;
  /** Resolves when there are none, or when the time (milliseconds) is over. */
  emptied(withinMs: number): Promise<void>;
  cut(): void;
}

/** What the gateway has begun, and how it comes to its end. */
export interface Lifetime {
  /** Aborts when the gateway begins to close. */
  readonly closing: AbortSignal;
  /** Aborts when what has not ended in time is cut off. */
  readonly cutting: AbortSignal;
  /** Calls that end by themselves. */
  readonly asking: RunningCalls;
  /** Calls that follow a conversation: they end when the gateway closes and nothing is left to tell them. */
  readonly following: RunningCalls;
  /** Replies: one that several calls may join outlives the one that asked for it. */
  readonly replies: RunningCalls;
  /** Lets what runs end within the time, then cuts it off. Resolves with how much of it did not end even then. */
  end(withinMs: number): Promise<{ readonly calls: number; readonly replies: number }>;
}

/** A gateway's life; what was cut off has `maxCutMs` (milliseconds) to put its affairs in order. */
export function createLifetime({ maxCutMs }: { readonly maxCutMs: number }): Lifetime {
  const controller = new AbortController();
  const cutter = new AbortController();
  setMaxListeners(0, controller.signal, cutter.signal); // everybody who follows listens
  const asking = createRunningCalls();
  const following = createRunningCalls();
  const replies = createRunningCalls();
  return {
    closing: controller.signal,
    cutting: cutter.signal,
    asking,
    following,
    replies,
    async end(withinMs) {
      controller.abort();
      await Promise.all([asking.emptied(withinMs), following.emptied(withinMs), replies.emptied(withinMs)]);
      asking.cut();
      cutter.abort();
      await Promise.all([asking.emptied(maxCutMs), replies.emptied(maxCutMs)]);
      // Who follows is told how the replies ended, and then ends in good order.
      await following.emptied(maxCutMs);
      following.cut();
      await following.emptied(maxCutMs);
      return { calls: asking.size + following.size, replies: replies.size };
    },
  };
}

function createRunningCalls(): RunningCalls {
  const running = new Set<{ readonly cut: () => void }>();
  const waiting = new Set<() => void>();
  return {
    begin(cut) {
      const call = { cut };
      running.add(call);
      return {
        end() {
          running.delete(call);
          if (running.size === 0) for (const resume of waiting) resume();
        },
      };
    },
    get size() {
      return running.size;
    },
    emptied(withinMs) {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const resume = (): void => {
          clearTimeout(timer);
          waiting.delete(resume);
          resolve();
        };
        const timer = setTimeout(resume, withinMs);
        waiting.add(resume);
      });
    },
    cut() {
      for (const call of running) call.cut();
    },
  };
}
