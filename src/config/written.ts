import type { BackendConfig, CatalogFormat, Config, KeyedDialect, RateLimit, StoreConfig } from './config.ts';

/** The configuration as a person writes it; mirrors `schemas/config.json`. */
export interface WrittenConfig {
  readonly listen?: Partial<Config['listen']>;
  readonly store: StoreConfig;
  readonly uploads?: { readonly path: string; readonly maxBytes?: number };
  readonly catalogs?: Readonly<Record<string, WrittenCatalog>>;
  readonly backends: Readonly<Record<string, BackendConfig>>;
  readonly tenants: readonly WrittenTenant[];
  readonly admin?: Config['admin'];
  readonly limits?: Partial<Config['limits']>;
  readonly log?: Partial<Config['log']>;
  readonly idempotency?: { readonly window?: string };
  readonly heartbeatSeconds?: number;
}

export interface WrittenCatalog {
  readonly file: string;
  readonly format?: CatalogFormat;
  readonly fields?: Readonly<Record<string, string>>;
  readonly currency?: string;
}

export interface WrittenTenant {
  readonly id: string;
  readonly name: string;
  readonly keys?: readonly WrittenKey[];
  readonly sites?: readonly WrittenSite[];
  readonly agents: Config['tenants'][number]['agents'];
}

export interface WrittenKey {
  readonly name: string;
  readonly sha256: string;
  readonly dialects?: readonly KeyedDialect[];
  readonly agent?: string;
  readonly adoptUnknownIds?: boolean;
  readonly revoked?: boolean;
  readonly limits?: { readonly requests?: RateLimit; readonly openStreams?: number };
}

export interface WrittenSite {
  readonly key: string;
  readonly origins: readonly string[];
  readonly agent?: string;
  readonly limits?: { readonly requests?: RateLimit; readonly session?: RateLimit; readonly openStreams?: number };
}
