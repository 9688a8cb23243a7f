import { GatewayError } from '../errors/index.ts';
import type { CallerRegistry } from './caller-registry.ts';

/** A stream or a socket that is told what happens, for days perhaps. */
export interface Subscription {
  /** Why its caller may not have it any more, as things are now; `undefined` while it may. */
  refusal(): GatewayError | undefined;
  /** Milliseconds since the epoch: its caller is looked at again then, whatever else happens. */
  readonly expiresAt?: number | undefined;
  /** Ends it with an error. */
  refuse(reason: GatewayError): void;
  /** How it ends at the greatest age; absent where it may grow older. */
  readonly ageing?: {
    /** Has it end in good order, as soon as nothing that it hears of is under way. */
    retire(): void;
    /** Has it end in good order now. */
    leave(): void;
  };
  /** Breaks off what does not end. */
  drop(): void;
}

export interface Subscriptions {
  /** Looks after one until `end` is called. */
  watch(subscription: Subscription): { end(): void };
  /** Has all be looked at anew, as after a change of who may call. */
  lookAgain(): void;
  close(): Promise<void>;
}

export interface SubscriptionsOptions {
  /** Who may call now: another one after each change. */
  directory(): CallerRegistry;
  /** The greatest age, in milliseconds. */
  maxAgeMs(): number;
}

interface Watched {
  readonly subscription: Subscription;
  readonly since: number;
  /** By which it was last found that it may hear. */
  directory: CallerRegistry | undefined;
  /** What is done next to end it, and when. */
  ending?: { readonly at: number; act(): void; readonly isRefused: boolean };
}

/** Between two looks, in milliseconds, and how many callers are looked at anew in one: 40,000 streams are through in 4 s. Our choice. */
const lookEveryMs = 500;
const mostLooks = 5_000;
/** How long one of the greatest age waits for a quiet moment, and how long what was told to end may take, in milliseconds. Our choice. */
const retiringMs = 60_000;
const endingMs = 2_000;

/** Why a stream ends that has grown old: whoever comes back is heard again. */
export const grownOld = (): GatewayError =>
  new GatewayError('shutting-down', 'The connection has reached its greatest age, please connect again');

/** Ends a subscription once its caller may not have it, or when it has reached the greatest age. */
export function createSubscriptions({ directory, maxAgeMs }: SubscriptionsOptions): Subscriptions {
  const all = new Set<Watched>();

  const refuseOrKeep = (watched: Watched, current: CallerRegistry, now: number): void => {
    const { subscription } = watched;
    const reason = subscription.refusal();
    watched.directory = current;
    if (reason === undefined) return;
    watched.ending = { at: now + endingMs, act: () => subscription.drop(), isRefused: true };
    subscription.refuse(reason);
  };

  const retire = (watched: Watched, now: number): void => {
    const { ageing, drop } = watched.subscription;
    if (ageing === undefined) return;
    const leave = (): void => {
      watched.ending = { at: Date.now() + endingMs, act: drop, isRefused: false };
      ageing.leave();
    };
    watched.ending = { at: now + retiringMs, act: leave, isRefused: false };
    ageing.retire();
  };

  const look = (): void => {
    const now = Date.now();
    const current = directory();
    const oldest = now - maxAgeMs();
    let looks = mostLooks;
    for (const watched of all) {
      const { subscription, since, ending } = watched;
      const mayHaveChanged =
        watched.directory !== current || now >= (subscription.expiresAt ?? Number.POSITIVE_INFINITY);
      if (mayHaveChanged && looks > 0 && ending?.isRefused !== true) {
        looks -= 1;
        refuseOrKeep(watched, current, now);
      } else if (ending !== undefined && now >= ending.at) ending.act();
      else if (ending === undefined && since <= oldest) retire(watched, now);
    }
  };

  const timer = setInterval(look, lookEveryMs).unref();
  return {
    watch(subscription) {
      const watched: Watched = { subscription, since: Date.now(), directory: directory() };
      all.add(watched);
      return { end: () => void all.delete(watched) };
    },
    lookAgain() {
      for (const watched of all) watched.directory = undefined;
    },
    close: async () => clearInterval(timer),
  };
}
