import type { Request, Response } from 'express';
import type { Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors/index.ts';
import { pathOf } from './dialect-finder.ts';
import type { Gateway } from './gateway.ts';
import { shuttingDown } from './lifetime.ts';
import { pageAccess } from './page-access.ts';
import { ruledRoute } from './pass-through/passed-routes.ts';

export interface NewRequests {
  /** Whether a request comes too late to be taken. */
  isTooLate(request: Request): boolean;
  /** Refuses one at once, unread, in its caller's dialect, where pages of known sites can read it too; whoever would open a stream of events is cut off. */
  refuse(request: Request, response: Response): void;
}

export interface Refusing {
  readonly dialectOf: (path: string) => Dialect;
  readonly ownDialect: Dialect;
  /** The gateway's own pages, which are served to the end. */
  readonly ownPages: ReadonlySet<string>;
  readonly refuse: (dialect: Dialect) => (request: Request, response: Response, error: GatewayError) => void;
}

const opensEvents = ({ method, headers }: Request): boolean =>
  method === 'GET' && /\btext\/event-stream\b/i.test(headers.accept ?? '');

/** What becomes of requests that come while the gateway is closing: a balancer that has not noticed yet asks another one. */
export function createNewRequests(
  gateway: Gateway,
  { dialectOf, ownDialect, ownPages, refuse }: Refusing,
): NewRequests {
  const { closing } = gateway.lifetime;
  const spokenAt = (path: string): Dialect => {
    const dialect = dialectOf(path);
    return dialect === ownDialect ? (ruledRoute(gateway, path, ownDialect)?.dialect ?? ownDialect) : dialect;
  };
  return {
    isTooLate: ({ url }) => closing.aborted && !ownPages.has(pathOf(url)),
    refuse(request, response) {
      const dialect = spokenAt(pathOf(request.url));
      // A browser comes back after a connection that broke, and never after a refusal (HTML, 9.2.3).
      if (opensEvents(request)) response.destroy();
      const tell = (): void => refuse(dialect)(request, response, shuttingDown());
      if (dialect.credential.kind === 'site') pageAccess(gateway, refuse(dialect))(request, response, tell);
      else tell();
    },
  };
}
