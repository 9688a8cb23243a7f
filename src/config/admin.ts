import { defined } from '../canonical/index.ts';
import type { PlaceConfig } from './config.ts';
import { readDuration } from './duration.ts';
import type { WrittenAdmin } from './written.ts';

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
