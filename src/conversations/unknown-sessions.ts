import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors/index.ts';
import type { Metrics } from '../observability/metrics.ts';

/** How long a window is, and how many addresses are remembered. Our choice. */
const windowMs = 60_000;
const mostAddresses = 5_000;

/** Keeps whoever guesses sessions of visitors from trying many: of each process by itself, and whatever the store. */
export interface UnknownSessions {
  /** Somebody named a session that is not there; the same one again costs nothing. Throws `rate-limited` for one too many. */
  named(session: string, by: { readonly address: string; readonly dialect: string }): void;
}

interface Tried {
  readonly until: number;
  readonly sessions: Set<number>;
}

/** One address may name `most` of them in a minute. Each one too many is counted; the clock is milliseconds. */
export function createUnknownSessions(
  most: () => number,
  { rateLimited }: Pick<Metrics, 'rateLimited'>,
  now: () => number = Date.now,
): UnknownSessions {
  const addresses = new LRUCache<string, Tried>({ max: mostAddresses });
  return {
    named(session, { address, dialect }) {
      const known = addresses.get(address);
      const time = now();
      const tried =
        known !== undefined && time < known.until ? known : { until: time + windowMs, sessions: new Set<number>() };
      if (tried !== known) addresses.set(address, tried);
      const mark = markOf(session);
      if (tried.sessions.has(mark)) return;
      if (tried.sessions.size < most()) {
        tried.sessions.add(mark);
        return;
      }
      rateLimited(dialect, 'unknown-sessions');
      throw new GatewayError('rate-limited', 'Too many sessions', { retryAfterMs: tried.until - time });
    },
  };
}

/** FNV-1a: two sessions of one mark count as one, which takes nothing from who guesses. */
function markOf(text: string): number {
  let mark = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) mark = Math.imul(mark ^ text.charCodeAt(index), 0x01000193);
  return mark >>> 0;
}
