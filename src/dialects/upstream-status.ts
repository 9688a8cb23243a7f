import { type ErrorCode, GatewayError } from '../errors/index.ts';
import type { WireResponse } from './dialect.ts';

/**
 * Our own words for an upstream's refusal: what it says of us is never the client's error. Of its own words only a name is
 * kept, `ValidationError`: a sentence may repeat what a visitor said. Source: design, *Errors*.
 */
export function decodeUpstreamStatus(response: WireResponse, name?: unknown): GatewayError {
  const retryAfterMs = readRetryAfter(response.headers);
  return new GatewayError(codeOfStatus(response.status), `Upstream answered ${response.status}${nameOf(name)}`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** An upstream's name for an error as logs may show it: behind a colon, or nothing where it is no plain word. */
export function nameOf(name: unknown): string {
  return typeof name === 'string' && /^[\w.-]{1,64}$/.test(name) ? `: ${name}` : '';
}

/** What an upstream means by a status that is no success. */
export function codeOfStatus(status: number): ErrorCode {
  // 529 is Anthropic's word for 503.
  if (status === 429 || status === 503 || status === 529) return 'upstream-unavailable';
  if (status === 408 || status === 504) return 'upstream-timeout';
  return status >= 500 ? 'upstream-failed' : 'upstream-rejected';
}

/** How long an upstream asks to be left alone: in milliseconds (as some vendors tell it), in seconds, or until a time by its own clock. */
function readRetryAfter(headers: WireResponse['headers']): number | undefined {
  const after = headers['retry-after'] ?? '';
  const waits = [
    Number(headers['retry-after-ms']),
    Number(after) * 1_000,
    Date.parse(after) - Date.parse(headers['date'] ?? ''),
  ];
  return waits.find((wait) => wait > 0 && wait < Number.POSITIVE_INFINITY);
}
