import { defined } from '../canonical/index.ts';
import type { KeyLimits, PlaceConfig } from './config.ts';
import { readDuration } from './duration.ts';
import { type Place, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';
import type { WrittenAdmin, WrittenLimits } from './written.ts';

/** What a reply is expected to take. Our choice. */
const defaultReserve = 1_000;

/** Limits with every default in place. */
export function resolveLimits<Limits extends KeyLimits>({ tokens, ...limits }: WrittenLimits<Limits>) {
  return tokens === undefined ? limits : { ...limits, tokens: { reserve: defaultReserve, ...tokens } };
}

/** A day's tokens are more than are set aside for one reply: nobody would ever be answered otherwise. */
export function checkTokens({ path, value }: Place): readonly Problem[] {
  const [perDay, reserve = defaultReserve] = [stepInto(value, 'perDay'), stepInto(value, 'reserve')];
  if (typeof perDay !== 'number' || typeof reserve !== 'number' || perDay > reserve) return [];
  const expected = `more than reserve, which is ${reserve}${stepInto(value, 'reserve') === undefined ? ' unless set' : ''}`;
  return [{ path: [...path, 'perDay'], expected, got: showValue(perDay) }];
}

/** `viewer` reads, `operator` talks and changes too, `admin` may do all. */
export type AdminRole = 'viewer' | 'operator' | 'admin';

export interface AdminTokenConfig {
  readonly name: string;
  /** Of each secret that is accepted, 64 lower-case hex digits; never empty. */
  readonly sha256: readonly string[];
  /** Ids of the tenants that it may act for; absent: all. */
  readonly tenants?: readonly string[];
  readonly role: AdminRole;
  /** Milliseconds since the epoch, from which on it is refused; absent: never. */
  readonly expiresAt?: number;
}

export interface AdminConfig {
  readonly tokens: readonly AdminTokenConfig[];
  /** How long it is kept what operators did, in milliseconds. */
  readonly audit: { readonly keepMs: number };
  /** Where the admin API is served; absent: with all the rest. */
  readonly listen?: PlaceConfig;
}

/** The admin API with every default in place. */
export function resolveAdmin({ tokens = [], listen, audit }: Partial<WrittenAdmin> = {}): AdminConfig {
  return {
    tokens: tokens.map(({ sha256, role = 'admin', expires, ...token }) =>
      defined({
        ...token,
        sha256: [sha256].flat(),
        role,
        expiresAt: expires === undefined ? undefined : Date.parse(expires),
      }),
    ),
    audit: { keepMs: readDuration(audit?.retention ?? '90d') },
    ...resolvePlace(listen),
  };
}

/** A place of its own, where one is written. */
export const resolvePlace = (listen: (Partial<PlaceConfig> & Pick<PlaceConfig, 'port'>) | undefined) =>
  listen === undefined ? {} : { listen: { host: '127.0.0.1', ...listen } };
