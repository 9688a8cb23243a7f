import { hash } from 'node:crypto';
import { type Awaitable, whenReady } from '../async/awaitable.ts';
import type { LimitsConfig } from '../config/index.ts';
import type { ReservedTokens } from '../conversations/token-budget.ts';
import type { Quota } from '../dialects/dialect.ts';
import { addressKey } from '../network/index.ts';
import type { Counted, Counters, Rate } from '../stores/coordination.ts';
import { createLocalCounters } from '../stores/local/local-counters.ts';
import type { Principal } from './caller-registry.ts';

/** Images of one session. Our choice. */
const uploadRate: Rate = { points: 120, seconds: 60 };

/** What a limit says to one call. */
export interface Verdict {
  readonly quota: Quota;
  /** How long to wait, in milliseconds; absent if the call may go on. */
  readonly retryAfterMs?: number;
}

export interface Refusal {
  /** In milliseconds. */
  readonly retryAfterMs: number;
}

export interface Limits {
  /** One call of an address, which is counted by its `addressKey`, before it is read; `undefined` where there is no such limit. */
  address(address: string): Awaitable<Verdict | undefined>;
  /** One failed authentication of an address. */
  failedAuthentication(address: string): Awaitable<Verdict>;
  /** One call of a key or site; `undefined` where it has no limit. */
  principal(principal: Principal): Awaitable<Verdict | undefined>;
  /** One call of a visitor's session on a site; `undefined` where there is no such limit. */
  session(principal: Principal, sessionId: string): Awaitable<Verdict | undefined>;
  /** One image of a visitor's session on a site. */
  upload(principal: Principal, sessionId: string): Awaitable<Verdict>;
  /** A place for a stream, to be given back; `undefined` if the principal has as many as it may. */
  openStream(principal: Principal): Promise<{ release(): void } | undefined>;
  /** Sets tokens aside for a question and its reply, of those that a key or site has for the day; one that is not limited has all. */
  reserveTokens(principal: Principal, question: number): Promise<ReservedTokens | Refusal>;
}

const unlimited = { release: () => undefined, settle: () => undefined };

const dayMs = 86_400_000;

/**
 * The limits of callers, as `counters` count them. `settings` are those of now; the clock is the system's unless told. The day of tokens
 * is by this clock: where those of two machines differ, they count two days for so long round midnight.
 */
export function createLimits(
  counters: Counters,
  settings: () => Pick<LimitsConfig, 'address' | 'failedAuthentications'>,
  now: () => number = Date.now,
): Limits {
  // What nobody has set is no more than a bound of this process: it costs no round trip.
  const own = createLocalCounters();
  const count = (by: Counters, group: string, key: string, rate: Rate): Awaitable<Verdict> =>
    whenReady(by.count(group, key, rate), (counted) => verdictOf(rate, counted));

  return {
    address(from) {
      const rate = settings().address;
      return rate && count(rate.isShared ? counters : own, 'address', addressKey(from), rate);
    },
    failedAuthentication: (from) => count(counters, 'failed', addressKey(from), settings().failedAuthentications),
    principal: (principal) =>
      principal.limits.requests && count(counters, 'requests', nameOf(principal), principal.limits.requests),
    // The session is not validated yet and may be a megabyte long: what is remembered of it is not.
    session: (principal, sessionId) =>
      principal.limits.session &&
      count(counters, 'session', sessionKey(principal, sessionId), principal.limits.session),
    upload: (principal, sessionId) => count(counters, 'uploads', sessionKey(principal, sessionId), uploadRate),
    async openStream(principal) {
      const { openStreams } = principal.limits;
      return openStreams === undefined ? unlimited : counters.acquire(`streams ${nameOf(principal)}`, openStreams);
    },
    async reserveTokens(principal, question) {
      const { tokens } = principal.limits;
      if (tokens === undefined) return unlimited;
      const time = now();
      const until = time - (time % dayMs) + dayMs; // the epoch began at midnight UTC
      const name = `tokens ${until} ${nameOf(principal)}`;
      const reserved = await counters.reserve(name, question + tokens.reserve, { most: tokens.perDay, until });
      return reserved ?? { retryAfterMs: until - time };
    },
  };
}

function verdictOf({ points }: Rate, { admitted, remaining, msLeft }: Counted): Verdict {
  const quota = { limit: points, remaining, ...resetIn(msLeft) };
  return admitted ? { quota } : { quota, retryAfterMs: msLeft };
}

const sessionKey = (principal: Principal, sessionId: string): string =>
  hash('sha256', JSON.stringify([nameOf(principal), sessionId]), 'base64url');

const names = new WeakMap<Principal, string>();

function nameOf(principal: Principal): string {
  const known = names.get(principal);
  if (known !== undefined) return known;
  const name = JSON.stringify([principal.tenant.id, principal.name]);
  names.set(principal, name);
  return name;
}

/** What is told where nothing is counted: a nominal million an hour, all of it left. Our choice. */
export function unlimitedQuota(): Quota {
  return { limit: 1_000_000, remaining: 1_000_000, ...resetIn(3_600_000) };
}

const resetIn = (ms: number): Pick<Quota, 'resetsAt' | 'secondsLeft'> => ({
  resetsAt: Math.ceil((Date.now() + ms) / 1_000),
  secondsLeft: Math.ceil(ms / 1_000),
});
