/** How long a verdict stands, in milliseconds: anybody may ask, and each look into the store is a write. Our choice. */
const standsMs = 1_000;

export interface ReadinessTimes {
  readonly now?: () => number;
  /** How long an answer is waited for, in milliseconds; a second unless told. Who balances load waits not much longer. */
  readonly patienceMs?: number;
}

/**
 * What serving needs and is not there, in words that anybody may read; `undefined` if `check` succeeds in time. Looked up at most once
 * a second, however many ask.
 */
export function createReadiness(
  check: () => Promise<void>,
  { now = () => performance.now(), patienceMs = 1_000 }: ReadinessTimes = {},
): () => Promise<string | undefined> {
  let latest: { readonly missing: Promise<string | undefined>; readonly until: number } | undefined;
  return () => {
    if (latest === undefined || now() >= latest.until) {
      latest = { missing: missingBy(check, patienceMs), until: now() + standsMs };
    }
    return latest.missing;
  };
}

function missingBy(check: () => Promise<void>, patienceMs: number): Promise<string | undefined> {
  const storeMissing = 'the store does not answer';
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(storeMissing), patienceMs);
    check()
      .then(
        () => resolve(undefined),
        () => resolve(storeMissing),
      )
      .finally(() => clearTimeout(timer));
  });
}
