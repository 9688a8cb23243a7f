import type { BackendSettings, GuardsConfig } from '../config/index.ts';
import type { ErrorCode, GatewayError } from '../errors/index.ts';

/** Nothing was taken in there: no connection, or a server that had no room. */
const untouched: ReadonlySet<ErrorCode> = new Set(['upstream-unavailable']);
/** It may have been taken in, and asking twice does no harm: the server keeps nothing. */
const unfinished: ReadonlySet<ErrorCode> = new Set(['upstream-unavailable', 'upstream-failed', 'bad-tool-call']);

/** After which failures a backend may be asked again. One that keeps conversations of its own would hear the visitor twice. */
export const askedAgain: Readonly<Record<BackendSettings['type'], ReadonlySet<ErrorCode>>> = {
  catalog: untouched,
  openai: unfinished,
  anthropic: unfinished,
  upstream: untouched,
  module: untouched,
  fallback: untouched,
  weighted: untouched,
};

/** How a backend is asked again. */
export interface RetryPolicy extends NonNullable<GuardsConfig['retry']> {
  readonly codes: ReadonlySet<ErrorCode>;
}

/** What a server may ask for, and what waiting grows to. Our choice. */
const longestWaitMs = 10_000;

/**
 * How long to wait before asking again: twice as long each time, less up to half of it by chance, and as long as the server asks
 * for. `undefined` if there is no asking again, or not within `leftMs`.
 */
export function waitBeforeRetry(
  policy: RetryPolicy | undefined,
  { error, attempts, leftMs }: { readonly error: GatewayError; readonly attempts: number; readonly leftMs: number },
): number | undefined {
  if (policy === undefined || attempts >= policy.attempts || !policy.codes.has(error.code)) return undefined;
  const { retryAfterMs = 0 } = error.details;
  const growing = Math.min(policy.waitMs * 2 ** (attempts - 1), Math.max(policy.waitMs, longestWaitMs));
  const waitMs = Math.max(growing * (1 - Math.random() / 2), retryAfterMs);
  return retryAfterMs > longestWaitMs || waitMs >= leftMs ? undefined : waitMs;
}
