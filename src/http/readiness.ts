/** How long a verdict stands, in milliseconds: anybody may ask, and each look into the store is a write. Our choice. */
const standsMs = 1_000;

/** Whether `check` succeeds, looked up at most once a second, however many ask. */
export function createReadiness(
  check: () => Promise<void>,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let latest: { readonly verdict: Promise<boolean>; readonly until: number } | undefined;
  return () => {
    if (latest === undefined || now() >= latest.until) {
      const verdict = check().then(
        () => true,
        () => false,
      );
      latest = { verdict, until: now() + standsMs };
    }
    return latest.verdict;
  };
}
