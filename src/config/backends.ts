import type { DialectName } from '../dialects/dialect.ts';
import type { ErrorCode } from '../errors/index.ts';

/** How long a backend may take, in milliseconds; an absent time has no bound of its own. */
export interface Timeouts {
  readonly connectMs?: number;
  /** To the first word of a reply. */
  readonly firstEventMs?: number;
  /** Between two words of it. */
  readonly idleMs?: number;
  /** To its end. */
  readonly totalMs?: number;
}

/** What is put around a backend. An absent guard is none. */
export interface GuardsConfig {
  readonly timeouts: Timeouts;
  readonly retry?: { readonly attempts: number; readonly waitMs: number };
  readonly breaker?: { readonly failures: number; readonly restMs: number };
  readonly concurrent?: number;
}

export interface CatalogBackendSettings {
  readonly type: 'catalog';
  /** A name in `catalogs`. */
  readonly catalog: string;
  /** Absolute path of a YAML file of questions and answers. */
  readonly questions?: string;
}

/** A server that has a base address and wants a key. */
interface ServerSettings {
  /** Without final slash. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose images of visitors are passed on beside our own uploads. */
export interface ImagesSettings {
  /** Names of hosts in lower case; `*.shop.example` for all below it. */
  readonly hosts: readonly string[];
}

interface ModelSettings extends ServerSettings {
  /** Beside `apiKey`. */
  readonly apiKeys: readonly string[];
  /** Merged into the body of every request; `null` takes a field out. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, string>>;
  /** In place of the vendor's own, after `baseUrl`. */
  readonly path?: string;
  readonly streaming: 'auto' | 'always' | 'never';
  /** The address of the proxy that it is asked through. */
  readonly proxy?: string;
  /** Of whom the server's certificate may be; who we are to it. Absolute paths, or PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly model: string;
  readonly system?: string;
  /** A name in `catalogs`. */
  readonly catalog?: string;
  readonly tools: boolean;
  /** Whether what a model thinks is shown where it stands in its text. */
  readonly reasoning: 'hide' | 'show';
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly history: { readonly messages: number; readonly characters: number };
  readonly images: ImagesSettings;
  /** Whether the model sees images. */
  readonly vision: boolean;
  /** Whether the model is told the query of the page that the visitor is on. */
  readonly pageQuery: boolean;
}

export interface OpenaiBackendSettings extends ModelSettings {
  readonly type: 'openai';
  readonly systemRole?: 'system' | 'developer' | 'user';
  readonly maxTokensName?: 'max_tokens' | 'max_completion_tokens';
}

export interface AnthropicBackendSettings extends ModelSettings {
  readonly type: 'anthropic';
}

export interface UpstreamBackendSettings extends ServerSettings {
  readonly type: 'upstream';
  readonly dialect: DialectName;
  readonly site?: string;
  readonly agent?: string;
  readonly origin?: string;
  readonly streaming: boolean;
  /** Whether a visitor's session is told there by a name of its own for each tenant and site, or as the visitor names it. */
  readonly sessions: 'own' | 'shared';
  readonly images: ImagesSettings;
}

export interface ModuleBackendSettings {
  readonly type: 'module';
  /** Absolute path. */
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface FallbackBackendSettings {
  readonly type: 'fallback';
  /** Names in `backends`, never empty. */
  readonly of: readonly string[];
  /** After which failures the next one is asked; absent: all that another one could do better. */
  readonly on?: readonly ErrorCode[];
}

export interface WeightedBackendSettings {
  readonly type: 'weighted';
  /** Never empty; at least one weight is more than 0. */
  readonly of: readonly { readonly backend: string; readonly weight: number }[];
}

/** A union by `type`: every kind of backend adds a member. */
export type BackendSettings =
  | CatalogBackendSettings
  | OpenaiBackendSettings
  | AnthropicBackendSettings
  | UpstreamBackendSettings
  | ModuleBackendSettings
  | FallbackBackendSettings
  | WeightedBackendSettings;

/** Who answers, and what guards it. */
export type BackendConfig = BackendSettings & GuardsConfig;

/** What clients may ask of a model, in the words of the openai wire. */
export interface AskedBounds {
  /** Names of parameters; absent: all that there are. */
  readonly allow?: readonly string[];
  /** Tokens that an answer may be asked to have at most. */
  readonly max_tokens?: number;
}
