import { setMaxListeners } from 'node:events';
import { GatewayError } from '../errors/index.ts';

/** How a call ends before its time. */
export interface Termination {
  /** Has it end by itself, and tells it why. */
  stop(reason: GatewayError): void;
  /** Breaks off what has not ended by that. */
  drop(): void;
}

/** Calls that are being served. */
export interface RunningCalls {
  /** Counts a call until `end` is called. */
  begin(ending: Termination): { end(): void };
  /** How many there are. */
  readonly size: number;
  /** Resolves when there are none, or when the time (milliseconds) is over. */
  emptied(withinMs: number): Promise<void>;
  /** Resolves when all that run now have ended, however many have begun since. */
  ended(): Promise<void>;
  stop(reason: GatewayError): void;
  drop(): void;
}

/** What the gateway has begun, and how it comes to its end. */
export interface Lifetime {
  /** Aborts when the gateway begins to close. */
  readonly closing: AbortSignal;
  /** Aborts when what has not ended in time is cut off. */
  readonly cutting: AbortSignal;
  /** Calls that end by themselves. */
  readonly asking: RunningCalls;
  /** Calls that were handed over to an origin, which may go on for days. */
  readonly passing: RunningCalls;
  /** Calls that follow a conversation: they end when the gateway closes and nothing is left to tell them. */
  readonly following: RunningCalls;
  /** Replies: one that several calls may join outlives the one that asked for it. */
  readonly replies: RunningCalls;
  /** Lets what runs end within the time, then cuts it off. Resolves with how much of it did not end even then. */
  end(withinMs: number): Promise<{ readonly calls: number; readonly replies: number }>;
}

/** Why a gateway that closes takes nothing new, and ends what has no end of its own. Another one may answer at once. */
export const shuttingDown = (): GatewayError =>
  new GatewayError('shutting-down', 'The service is closing, please try again', { retryAfterMs: 1_000 });

/** A gateway's life; what was cut off has `maxCutMs` (milliseconds) to put its affairs in order. */
export function createLifetime({ maxCutMs }: { readonly maxCutMs: number }): Lifetime {
  const controller = new AbortController();
  const cutter = new AbortController();
  setMaxListeners(0, controller.signal, cutter.signal); // everybody who follows listens
  const asking = createRunningCalls();
  const passing = createRunningCalls();
  const following = createRunningCalls();
  const replies = createRunningCalls();
  const all = [asking, passing, following, replies];
  const emptied = (withinMs: number, calls = all) => Promise.all(calls.map((one) => one.emptied(withinMs)));
  return {
    closing: controller.signal,
    cutting: cutter.signal,
    asking,
    passing,
    following,
    replies,
    async end(withinMs) {
      controller.abort();
      await emptied(withinMs);
      asking.stop(shuttingDown());
      passing.stop(shuttingDown());
      cutter.abort();
      await emptied(maxCutMs, [asking, passing, replies]);
      // Who follows is told how the replies ended, and then ends in good order.
      await following.emptied(maxCutMs);
      following.stop(shuttingDown());
      await following.emptied(maxCutMs);
      for (const calls of all) calls.drop();
      await emptied(maxCutMs);
      return { calls: asking.size + passing.size + following.size, replies: replies.size };
    },
  };
}

function createRunningCalls(): RunningCalls {
  const running = new Set<Termination>();
  const waiting = new Set<(ended: Termination) => void>();
  /** Resolves when it is so, looked at whenever a call has ended, or when the time is over. */
  const until = (isSo: (ended?: Termination) => boolean, withinMs?: number): Promise<void> =>
    new Promise((resolve) => {
      const leave = (): void => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve();
      };
      const look = (ended?: Termination): void => {
        if (isSo(ended)) leave();
      };
      const timer = withinMs === undefined ? undefined : setTimeout(leave, withinMs);
      waiting.add(look);
      look();
    });
  return {
    begin(ending) {
      const call = { ...ending }; // one ending may be given for several calls
      running.add(call);
      return {
        end() {
          if (running.delete(call)) for (const tell of waiting) tell(call);
        },
      };
    },
    get size() {
      return running.size;
    },
    emptied: (withinMs) => until(() => running.size === 0, withinMs),
    ended() {
      const left = new Set(running);
      return until((ended) => {
        if (ended !== undefined) left.delete(ended);
        return left.size === 0;
      });
    },
    stop(reason) {
      for (const call of running) call.stop(reason);
    },
    drop() {
      for (const call of running) call.drop();
    },
  };
}
