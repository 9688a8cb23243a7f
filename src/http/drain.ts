import type { Request, Response } from 'express';
import type { Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors/index.ts';
import { readHead } from './admission.ts';
import { isKnown } from './authenticate.ts';
import type { Gateway } from './gateway.ts';
import { shuttingDown } from './lifetime.ts';
import { healthPages } from './own-pages.ts';
import { pageAccess } from './page-access.ts';
import { ruledRoute } from './pass-through/proxied-routes.ts';
import { pathOf } from './request-head.ts';

export interface NewRequests {
  /** Gives a request its place, if it needs one; or why it is not taken on. */
  take(request: Request, response: Response): GatewayError | undefined;
  /** Refuses one at once, unread, in its caller's dialect; pages of known sites can read that too. Who would open a stream of events while it is closing is cut off. */
  readonly refuse: Refuse;
}

/** Answers a request with an error. */
export type Refuse = (request: Request, response: Response, error: GatewayError) => void;
export type RefuseAs = (dialect: Dialect) => Refuse;

export interface Refusing {
  readonly dialectOf: (path: string) => Dialect;
  readonly ownDialect: Dialect;
  readonly refuseAs: RefuseAs;
  /** Whether it is where clients are served, whose bounds hold nowhere else. */
  readonly isForClients: boolean;
}

const opensEvents = ({ method, headers }: Request): boolean =>
  method === 'GET' && /\btext\/event-stream\b/i.test(headers.accept ?? '');

/**
 * What becomes of requests that are not taken on: those that come while the gateway is closing, as a balancer that has not noticed yet
 * asks another one, and those that are too many. Whoever asks how the gateway is, is always told.
 */
export function createNewRequests(
  gateway: Gateway,
  { dialectOf, ownDialect, refuseAs, isForClients }: Refusing,
): NewRequests {
  const { closing } = gateway.lifetime;
  const spokenAt = (path: string): Dialect => {
    const dialect = dialectOf(path);
    return dialect === ownDialect ? (ruledRoute(gateway, path, ownDialect)?.dialect ?? ownDialect) : dialect;
  };
  return {
    take(request, response) {
      const path = pathOf(request.url);
      if (healthPages.has(path)) return undefined;
      if (closing.aborted && path !== '/metrics') return shuttingDown();
      if (!isForClients) return undefined;
      const place = gateway.permits.acquire(() =>
        isKnown(gateway.callers, { places: spokenAt(path).credential, carrier: 'http' }, readHead(request)),
      );
      if (!('release' in place)) return place;
      response.place = place;
      response.once('close', place.release);
      return undefined;
    },
    refuse(request, response, error) {
      const dialect = spokenAt(pathOf(request.url));
      // A browser comes back after a connection that broke, and never after a refusal (HTML, 9.2.3).
      if (closing.aborted && opensEvents(request)) response.destroy();
      const refuse = refuseAs(dialect);
      const tell = (): void => refuse(request, response, error);
      if (dialect.credential.kind === 'site') pageAccess(gateway, refuse)(request, response, tell);
      else tell();
    },
  };
}
