import { GatewayError } from '../errors/index.ts';

/** How long a verdict stands, in milliseconds: anybody may ask, and each look into the store is a write. Our choice. */
const standsMs = 1_000;

export interface ReadinessOptions {
  readonly events?: ReadinessEvents;
  readonly now?: () => number;
  /** How long an answer is waited for, in milliseconds; a second unless told. Who balances load waits not much longer. */
  readonly patienceMs?: number;
}

/** What becomes known by looking. */
export interface ReadinessEvents {
  /** It was there, or nobody had looked before. */
  away(reason: Error): void;
  /** It is there, and was away. */
  back(): void;
}

/**
 * What serving needs and is not there, in words that anybody may read; `undefined` if `check` succeeds in time. Looked up at most once
 * a second, however many ask.
 */
export function createReadiness(
  check: () => Promise<void>,
  { events, now = () => performance.now(), patienceMs = 1_000 }: ReadinessOptions = {},
): () => Promise<string | undefined> {
  let isAway = false;
  const look = async (): Promise<string | undefined> => {
    const reason = await failureOf(check, patienceMs);
    if (isAway !== (reason !== undefined)) {
      isAway = !isAway;
      if (reason) events?.away(reason);
      else events?.back();
    }
    if (reason === undefined) return undefined;
    return (reason instanceof GatewayError ? reason.details.lack : undefined) ?? 'the store does not answer';
  };
  let latest: { readonly missing: Promise<string | undefined>; readonly until: number } | undefined;
  return () => {
    if (latest === undefined || now() >= latest.until) {
      latest = { missing: look(), until: now() + standsMs };
    }
    return latest.missing;
  };
}

function failureOf(check: () => Promise<void>, patienceMs: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(new Error('it did not answer in time')), patienceMs);
    check()
      .then(
        () => resolve(undefined),
        (reason: unknown) => resolve(reason instanceof Error ? reason : new Error(String(reason))),
      )
      .finally(() => clearTimeout(timer));
  });
}
