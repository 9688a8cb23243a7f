import type { Dialect, WireRequest } from '../../dialects/dialect.ts';
import type { Admitted } from '../admit.ts';
import { keyHolder } from '../authenticate.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayCall } from '../http-call.ts';
import type { PassedOrigin } from './origin-proxy.ts';

/** Where a request goes that no endpoint serves. */
export interface PassedRoute {
  readonly origin: PassedOrigin;
  /** Whose credential is asked for, and in whose words is refused. */
  readonly dialect: Dialect;
  /** Whether anybody may call. */
  readonly isOpen: boolean;
  /** What of the path the configuration names, for logs. */
  readonly path: string;
}

/** The origin that all calls of a key or a site are passed to, if they are. */
export function originOf(
  { passThrough }: Gateway,
  caller: Pick<Admitted, 'principal'> | undefined,
): PassedOrigin | undefined {
  const route = caller?.principal?.route;
  return route !== undefined && 'passthrough' in route ? passThrough.origin(route.passthrough) : undefined;
}

/** The route of a path that a rule passes on; `ownDialect` speaks to those who need no credential. */
export function ruledRoute({ passThrough, dialects }: Gateway, path: string, ownDialect: Dialect) {
  const rule = passThrough.ruleFor(path);
  if (rule === undefined) return undefined;
  const dialect = dialects.find(({ name }) => name === rule.authenticate);
  return {
    origin: rule.origin,
    dialect: dialect ?? ownDialect,
    isOpen: dialect === undefined,
    path: `${rule.prefix}*`,
  };
}

/** The route of whatever a key asks for whose calls are all passed on, told by the key alone. */
export function keyedRoute(
  gateway: Gateway,
  { dialect, carrier }: Pick<GatewayCall, 'dialect' | 'carrier'>,
  wire: WireRequest,
): PassedRoute | undefined {
  if (!gateway.passThrough.hasOrigins) return undefined;
  const principal = keyHolder(gateway.directory, { places: dialect.credential, carrier }, wire);
  const origin = principal && originOf(gateway, { principal });
  return origin && { origin, dialect, isOpen: false, path: '*' };
}
