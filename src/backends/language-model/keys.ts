import type { ErrorCode } from '../../errors/index.ts';

/** How long a key rests that has asked too often, and one that was refused or has nothing left, unless the vendor says when to come back. Our choice. */
const [shortRestMs, longRestMs] = [10_000, 600_000];

/** How asking with a key has failed. */
export interface KeyFailure {
  readonly status: number;
  readonly code: ErrorCode | undefined;
  readonly retryAfterMs: number | undefined;
}

function restOf({ status, code }: KeyFailure): number | undefined {
  if (code === 'unauthorised-key' || code === 'quota') return longRestMs;
  return status === 429 ? shortRestMs : undefined;
}

/** The keys of one server, each of which rests by itself. */
export interface Keys {
  /** The next one that does not rest; of keys that all rest the one that rests shortest. `undefined` where there is none. */
  next(): string | undefined;
  /** Notes how asking with a key has failed. True if it rests now, and another one does not. */
  failed(key: string | undefined, failure: KeyFailure): boolean;
}

/** `now` gives milliseconds. */
export function createKeys(keys: readonly string[], now: () => number = () => performance.now()): Keys {
  const restsUntil = new Map(keys.map((key) => [key, 0]));
  let turn = 0;
  const isAwake = (key: string): boolean => (restsUntil.get(key) ?? 0) <= now();
  return {
    next() {
      if (keys.length < 2) return keys[0];
      for (let step = 0; step < keys.length; step += 1) {
        const key = keys[(turn + step) % keys.length];
        if (key === undefined || !isAwake(key)) continue;
        turn = (turn + step + 1) % keys.length;
        return key;
      }
      return keys.toSorted((a, b) => (restsUntil.get(a) ?? 0) - (restsUntil.get(b) ?? 0))[0];
    },
    failed(key, failure) {
      const rest = restOf(failure);
      if (key === undefined || rest === undefined) return false;
      restsUntil.set(key, now() + (failure.retryAfterMs ?? rest));
      return keys.some(isAwake);
    },
  };
}
