import type { DialectName } from '../dialects/dialect.ts';
import type { AdminConfig } from './admin.ts';
import type { AskedBounds, BackendConfig } from './backends.ts';
import type { SiteIdentity } from './identity.ts';
import type { MigrationConfig } from './migrations.ts';
import type { CallerRoute, OriginConfig, PassthroughConfig, Route } from './origins.ts';
import type { StoreConfig, UploadsConfig } from './storage.ts';
import type { TracingConfig } from './tracing.ts';

/** At most `points` calls in any `seconds`. */
export interface RateLimit {
  readonly points: number;
  readonly seconds: number;
}

/** What callers may ask who are not known yet, and how much of everything a process takes on. */
export interface LimitsConfig extends Bounds {
  /** Every call of one address, before it is read; absent: none. One that is shared is counted over all processes. */
  readonly address?: RateLimit & { readonly isShared: boolean };
  readonly failedAuthentications: RateLimit;
}

/** How much of everything a process takes on at a time. */
export interface Bounds {
  readonly connections: number;
  readonly connectionsPerAddress: number; // those of a trusted proxy are not counted
  /** Calls under way, until their answers have left; a stream is none once it has its place among the followers. */
  readonly calls: number;
  /** Streams and sockets that follow one conversation, and readers of one reply. */
  readonly followersPerConversation: number;
  readonly followers: number; // streams and sockets that are open
  readonly unknownSessions: number; // of an address in a minute
  readonly bodyBytes: number; // in the longest body of a caller with a key
}

/** Tokens of language models that may be used in a day, which begins at midnight UTC. */
export interface TokenLimit {
  readonly perDay: number;
  /** What a reply is expected to take; set aside while it is being given. */
  readonly reserve: number;
}

export interface PlaceConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface ListenConfig extends PlaceConfig {
  /** Origin and path under which clients reach the gateway, without a slash at its end; absent: where it listens. */
  readonly publicUrl?: string;
  /** How many proxies stand in front, or their addresses; 0 believes no `X-Forwarded-*` header. */
  readonly trustProxy: number | readonly string[];
  /** What requests may name as their host, in lower case: names, `loopback` or `*`; absent: anything. */
  readonly hosts?: readonly string[];
}

export type CatalogFormat = 'ndjson' | 'json' | 'csv' | 'tsv' | 'xml';

export interface CatalogConfig {
  /** Absolute path. */
  readonly file: string;
  readonly format: CatalogFormat;
  /** A field of a product, or `attributes.<name>`, and the name that the file has for it. */
  readonly fields: Readonly<Record<string, string>>;
  /** ISO 4217, for prices that name none. */
  readonly currency?: string;
  /** From 0 to 1: the part of the products that may be gone when the file changes; with more gone, the last good one stays. */
  readonly maxShrink: number;
  /** A file with more is not taken. */
  readonly maxProducts: number;
  /** The database that has its products; absent: each process has them in memory. */
  readonly database?: CatalogDatabaseConfig;
}

export interface CatalogDatabaseConfig {
  /** Has its password in it: never told. */
  readonly url: string;
  /** Of each process. */
  readonly connections: number;
  readonly timeoutMs: number;
}

export interface KeyConfig {
  readonly name: string;
  /** Of each secret that is accepted, 64 lower-case hex digits; never empty. */
  readonly sha256: readonly string[];
  readonly dialects: readonly DialectName[];
  /** The id of the agent that answers where the request names none. */
  readonly agentId: string;
  /** Comes before the agent's. */
  readonly route?: CallerRoute;
  /** Whether an unknown conversation id begins a conversation in every dialect. */
  readonly adoptUnknownIds: boolean;
  readonly revoked: boolean;
  /** The pages that may use it from a browser; absent: none. */
  readonly origins?: readonly string[];
  /** An absent limit is none. */
  readonly limits: KeyLimits;
}

export interface SiteConfig {
  readonly session: {
    /** The fewest characters that a visitor's session may have. */
    readonly minLength: number;
  };
  /** How its visitors prove who they are; absent: they do not. */
  readonly identity?: SiteIdentity;
  readonly key: string;
  /** As browsers send them: scheme, host and port, nothing else. */
  readonly origins: readonly string[];
  readonly agentId: string;
  /** Comes before the agent's. */
  readonly route?: CallerRoute;
  /** An absent limit is none. `session` holds for each visitor's session by itself. */
  readonly limits: SiteLimits;
}

export interface KeyLimits {
  readonly requests?: RateLimit;
  readonly openStreams?: number;
  readonly tokens?: TokenLimit;
}

export interface SiteLimits extends KeyLimits {
  readonly session?: RateLimit;
}

export interface AgentConfig {
  /** Lower-case UUID. */
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly route: Route;
  readonly parameters?: AskedBounds;
}

export interface TenantConfig {
  readonly id: string;
  readonly name: string;
  readonly keys: readonly KeyConfig[];
  readonly sites: readonly SiteConfig[];
  /** Never empty. */
  readonly agents: readonly AgentConfig[];
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'text';
  /** Which calls have a line of their own; what is ours to mend has one in any case. */
  readonly access: boolean | 'errors';
}

/** The whole configuration, checked, with every default in place and every path absolute. */
export interface Config {
  /** Absolute path of the file that it was read from. */
  readonly file: string;
  /** Absolute paths of the files that values of it were read from. */
  readonly valueFiles: readonly string[];
  readonly listen: ListenConfig;
  readonly store: StoreConfig;
  readonly uploads: UploadsConfig;
  readonly catalogs: Readonly<Record<string, CatalogConfig>>;
  readonly backends: Readonly<Record<string, BackendConfig>>;
  readonly origins: Readonly<Record<string, OriginConfig>>;
  readonly passthrough: readonly PassthroughConfig[];
  /** Addresses of metadata services that may be reached all the same. */
  readonly allowedAddresses: readonly string[];
  readonly tenants: readonly TenantConfig[];
  readonly admin: AdminConfig;
  /** `listen`: where metrics are told, and health beside; absent: with all the rest. */
  readonly observability: { readonly listen?: PlaceConfig };
  readonly limits: LimitsConfig;
  readonly log: LogConfig;
  /** Absent: nothing is written down. */
  readonly tracing?: TracingConfig;
  /** How long a repeated message is the same message. */
  readonly idempotency: { readonly windowMs: number };
  readonly heartbeatSeconds: number;
  /** The age at which streams and sockets end, for their clients to come back. */
  readonly streams: { readonly maxAgeMs: number };
  readonly migrations: readonly MigrationConfig[];
  /** How long running calls may take to end when the gateway closes. */
  readonly drainMs: number;
  /** How many processes serve. */
  readonly processes: number;
}
