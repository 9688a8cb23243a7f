import { type ErrorCode, GatewayError } from '../errors/index.ts';
import type { WireResponse } from './dialect.ts';

/** Our own words for an upstream's refusal: what it says of us is never the client's error. Source: design, *Errors*. */
export function decodeUpstreamStatus(response: WireResponse, said: string): GatewayError {
  const retryAfter = Number(response.headers['retry-after']);
  return new GatewayError(codeOf(response.status), `Upstream answered ${response.status}: ${said.slice(0, 200)}`, {
    ...(retryAfter > 0 && { retryAfterMs: retryAfter * 1000 }),
  });
}

function codeOf(status: number): ErrorCode {
  if (status === 429 || status === 503) return 'upstream-unavailable';
  if (status === 408 || status === 504) return 'upstream-timeout';
  return status >= 500 ? 'upstream-failed' : 'upstream-rejected';
}
