import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config, RateLimit } from '../config/index.ts';
import type { Quota } from '../dialects/dialect.ts';
import type { Principal } from './directory.ts';

/** How many uploads are read at the same moment: each may hold as many bytes as an image may have. Our choice. */
const maxUploads = 8;

/** What a limit says to one call. */
export interface Verdict {
  readonly quota: Quota;
  /** How long to wait, in milliseconds; absent if the call may go on. */
  readonly retryAfterMs?: number;
}

export interface Limits {
  /** One call of an address, before it is read; `undefined` where there is no such limit. */
  address(address: string): Promise<Verdict | undefined>;
  /** One failed authentication of an address. */
  failedAuthentication(address: string): Promise<Verdict>;
  /** One call of a key or site; `undefined` where it has no limit. */
  principal(principal: Principal): Promise<Verdict | undefined>;
  /** One call of a visitor's session on a site; `undefined` where there is no such limit. */
  session(principal: Principal, sessionId: string): Promise<Verdict | undefined>;
  /** A place for a stream, to be given back; `undefined` if the principal has as many as it may. */
  openStream(principal: Principal): { release(): void } | undefined;
  /** A place for an upload, to be given back; `undefined` if as many as may be are read already. */
  openUpload(): { release(): void } | undefined;
}

/** Limits that this process counts by itself. */
export function createLimits({ address, failedAuthentications }: Config['limits']): Limits {
  const limiters = new Map<string, RateLimiterMemory>();
  const open = new Map<string, number>();
  let uploads = 0;

  const consume = async (name: string, limit: RateLimit, key: string): Promise<Verdict> => {
    const limiter = limiters.get(name) ?? new RateLimiterMemory({ points: limit.points, duration: limit.seconds });
    limiters.set(name, limiter);
    try {
      return { quota: toQuota(limit, await limiter.consume(key)) };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal; // the limiter is broken, not the limit reached
      return { quota: toQuota(limit, refusal), retryAfterMs: refusal.msBeforeNext };
    }
  };
  const nameOf = ({ tenant, name }: Principal): string => JSON.stringify([tenant.id, name]);

  return {
    address: async (from) => address && consume('address', address, from),
    failedAuthentication: (from) => consume('failed', failedAuthentications, from),
    principal: async (principal) =>
      principal.limits.requests && consume(nameOf(principal), principal.limits.requests, 'all'),
    // The session is not validated yet and may be a megabyte long: what is remembered of it is not.
    session: async (principal, sessionId) =>
      principal.limits.session &&
      consume(`session ${nameOf(principal)}`, principal.limits.session, hash('sha256', sessionId, 'base64url')),
    openStream(principal) {
      const name = nameOf(principal);
      const count = open.get(name) ?? 0;
      if (count >= (principal.limits.openStreams ?? Number.POSITIVE_INFINITY)) return undefined;
      open.set(name, count + 1);
      return {
        release() {
          const left = (open.get(name) ?? 1) - 1;
          if (left > 0) open.set(name, left);
          else open.delete(name);
        },
      };
    },
    openUpload() {
      if (uploads === maxUploads) return undefined;
      uploads += 1;
      return {
        release() {
          uploads -= 1;
        },
      };
    },
  };
}

function toQuota({ points }: RateLimit, { remainingPoints, msBeforeNext }: RateLimiterRes): Quota {
  return { limit: points, remaining: remainingPoints, ...resetIn(msBeforeNext) };
}

/** What is told where nothing is counted: a nominal million an hour, all of it left. Our choice. */
export function unlimitedQuota(): Quota {
  return { limit: 1_000_000, remaining: 1_000_000, ...resetIn(3_600_000) };
}

const resetIn = (ms: number): Pick<Quota, 'resetsAt' | 'secondsLeft'> => ({
  resetsAt: Math.ceil((Date.now() + ms) / 1_000),
  secondsLeft: Math.ceil(ms / 1_000),
});
