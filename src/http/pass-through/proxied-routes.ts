import type { Dialect, WireRequest } from '../../dialects/dialect.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import { whoseNow } from '../../migrations/sides.ts';
import type { Admitted } from '../admit.ts';
import { keyHolder } from '../authenticate.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayCall } from '../http-call.ts';
import type { ProxiedOrigin } from './origin-proxy.ts';

/** Where a request goes that no endpoint serves. */
export interface PassedRoute {
  readonly origin: ProxiedOrigin;
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
): ProxiedOrigin | undefined {
  const principal = caller?.principal;
  if (principal?.migration !== undefined) return originOfMigration(passThrough, principal.migration, 'from');
  const route = principal?.route;
  return route !== undefined && 'passthrough' in route ? passThrough.origin(route.passthrough) : undefined;
}

/** The origin that the calls of a migration are passed to, while they are whose they are said to be. */
export function originOfMigration(
  passThrough: Pick<Gateway['passThrough'], 'origin'>,
  migration: LiveMigration,
  whose: 'from' | 'each',
): ProxiedOrigin | undefined {
  const { from } = migration.config;
  return 'passthrough' in from && whoseNow(migration) === whose ? passThrough.origin(from.passthrough) : undefined;
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
  const principal = keyHolder(gateway.callers, { places: dialect.credential, carrier }, wire);
  const migration = carrier === 'http' ? principal?.migration : undefined;
  // While each conversation has a side of its own, what is about none is the old side's.
  const drawn = migration && originOfMigration(gateway.passThrough, migration, 'each');
  const origin = drawn ?? (principal && originOf(gateway, { principal }));
  return origin && { origin, dialect, isOpen: false, path: '*' };
}
