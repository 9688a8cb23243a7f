import type { DialectName } from '../dialects/dialect.ts';
import type { AdminRole } from './admin.ts';
import type { AskedBounds, BackendSettings } from './backends.ts';
import type { CatalogFormat, Config, KeyLimits, LimitsConfig, PlaceConfig, RateLimit, SiteLimits } from './config.ts';
import type { SiteIdentity } from './identity.ts';
import type { WrittenMigration } from './migrations.ts';
import type { HeaderChanges, OriginConfig, PassthroughConfig } from './origins.ts';
import type { RedisStoreConfig, UploadQuota } from './storage.ts';
import type { WrittenTracing } from './tracing.ts';

/** The configuration as a person writes it; mirrors `schemas/config.json`. */
export interface WrittenConfig {
  readonly listen?: Partial<Config['listen']>;
  readonly store: WrittenStore;
  readonly uploads?: WrittenUploads;
  readonly catalogs?: Readonly<Record<string, WrittenCatalog>>;
  readonly backends: Readonly<Record<string, WrittenBackend>>;
  readonly timeouts?: WrittenTimeouts;
  readonly origins?: Readonly<Record<string, WrittenOrigin>>;
  readonly passthrough?: readonly WrittenPassthrough[];
  readonly allowedAddresses?: readonly string[];
  readonly tenants: readonly WrittenTenant[];
  readonly admin?: WrittenAdmin;
  readonly observability?: { readonly listen?: WrittenPlace };
  readonly limits?: Partial<Omit<LimitsConfig, 'address'>> & { readonly address?: RateLimit | 'off' };
  readonly log?: Partial<Config['log']>;
  readonly tracing?: WrittenTracing;
  readonly idempotency?: { readonly window?: string };
  readonly heartbeatSeconds?: number;
  readonly streams?: { readonly maxAge?: string };
  readonly migrations?: readonly WrittenMigration[];
  readonly drain?: string;
  readonly processes?: number | 'auto';
}

export interface WrittenAdmin {
  readonly tokens: readonly WrittenAdminToken[];
  readonly audit?: { readonly retention?: string };
  readonly listen?: WrittenPlace;
}

type WrittenPlace = Pick<PlaceConfig, 'port'> & Partial<PlaceConfig>;

export type WrittenStore =
  | {
      readonly engine: 'embedded';
      readonly path: string;
      readonly reserve?: string | number;
      readonly backups?: string;
      readonly retention?: string;
      readonly maxMessages?: number;
    }
  | {
      readonly engine: 'redis';
      readonly url?: string;
      readonly sentinels?: readonly string[];
      readonly group?: string;
      readonly username?: string;
      readonly password?: string;
      readonly cluster?: readonly string[];
      readonly prefix?: string;
      readonly retention?: string;
      readonly maxMessages?: number;
      readonly durability?: RedisStoreConfig['durability'];
    };

export interface WrittenUploads {
  readonly path?: string;
  readonly bucket?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly prefix?: string;
  readonly pathStyle?: boolean;
  readonly maxBytes?: number;
  readonly quota?: Partial<UploadQuota>;
}

export interface WrittenCatalog {
  readonly file: string;
  readonly format?: CatalogFormat;
  readonly fields?: Readonly<Record<string, string>>;
  readonly currency?: string;
  readonly maxShrink?: number;
  readonly maxProducts?: number;
  readonly engine?: 'memory' | 'postgres';
  readonly url?: string;
  readonly connections?: number;
  readonly timeout?: string;
}

export interface WrittenTenant {
  readonly id: string;
  readonly name: string;
  readonly keys?: readonly WrittenKey[];
  readonly sites?: readonly WrittenSite[];
  readonly agents: readonly WrittenAgent[];
}

interface WrittenAgent {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly route: { readonly backend: string; readonly onDisconnect?: 'stop' | 'finish' };
  readonly parameters?: AskedBounds;
}

type WrittenCallerRoute =
  | { readonly backend?: string; readonly onDisconnect?: 'stop' | 'finish' }
  | { readonly passthrough: string };

interface WrittenAdminToken {
  readonly name: string;
  readonly sha256: string | readonly string[];
  readonly tenants?: readonly string[];
  readonly role?: AdminRole;
  readonly expires?: string;
}

export interface WrittenKey {
  readonly name: string;
  readonly sha256: string | readonly string[];
  readonly dialects?: readonly DialectName[];
  readonly agent?: string;
  readonly route?: WrittenCallerRoute;
  readonly adoptUnknownIds?: boolean;
  readonly revoked?: boolean;
  readonly origins?: readonly string[];
  readonly limits?: WrittenLimits<KeyLimits>;
}

export interface WrittenSite {
  readonly key: string;
  readonly origins: readonly string[];
  readonly session?: { readonly minLength?: number };
  readonly identity?: Partial<SiteIdentity>;
  readonly agent?: string;
  readonly route?: WrittenCallerRoute;
  readonly limits?: WrittenLimits<SiteLimits>;
}

export type WrittenLimits<Limits extends KeyLimits> = Omit<Limits, 'tokens'> & { readonly tokens?: WrittenTokens };

export interface WrittenTokens {
  readonly perDay: number;
  readonly reserve?: number;
}

export interface WrittenTimeouts {
  readonly connect?: string;
  readonly firstEvent?: string;
  readonly idle?: string;
  readonly total?: string;
}

export interface WrittenGuards {
  readonly timeouts?: WrittenTimeouts;
  readonly retry?: { readonly attempts?: number; readonly wait?: string };
  readonly breaker?: { readonly failures?: number; readonly rest?: string };
  readonly concurrent?: number;
}

/** What a person may leave out, and what is given a default then. */
type Optional<Settings, Defaulted extends string> = Omit<Settings, Defaulted> & Partial<Settings>;

/** Of every kind of backend: its settings, with all that has a default left out at will. */
type WrittenSettings<Settings = BackendSettings> = Settings extends { readonly history: infer History }
  ? Optional<
      Omit<Settings, 'history'>,
      'headers' | 'apiKeys' | 'body' | 'query' | 'streaming' | 'tools' | 'reasoning' | 'pageQuery' | 'images' | 'vision'
    > & {
      readonly history?: Partial<History>;
    }
  : Optional<Settings, 'headers' | 'streaming' | 'sessions' | 'options' | 'images'>;

export type WrittenBackend = WrittenSettings & WrittenGuards;

export interface WrittenOrigin extends Pick<OriginConfig, 'target'>, Partial<Pick<OriginConfig, 'allowUnderscores'>> {
  readonly requestHeaders?: Partial<HeaderChanges>;
  readonly responseHeaders?: Partial<HeaderChanges>;
  readonly timeouts?: WrittenTimeouts;
}

export type WrittenPassthrough = WrittenOrigin & Pick<PassthroughConfig, 'prefix' | 'authenticate'>;
