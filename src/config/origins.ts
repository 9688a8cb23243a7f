import type { DialectName } from '../dialects/dialect.ts';
import type { Timeouts } from './backends.ts';

export interface HeaderChanges {
  /** Lower-case names. */
  readonly remove: readonly string[];
  readonly set: Readonly<Record<string, string>>;
}

/** A server that calls are passed through to. */
export interface OriginConfig {
  /** Without final slash. */
  readonly target: string;
  readonly requestHeaders: HeaderChanges;
  readonly responseHeaders: HeaderChanges;
  /** Whether headers with `_` in their names are passed on, which many servers take for others with `-`. */
  readonly allowUnderscores: boolean;
  readonly timeouts: Timeouts;
}

export interface PassthroughConfig extends OriginConfig {
  /** `/v1/knowledge`: this path and every path below it. */
  readonly prefix: string;
  /** The dialect whose credential is asked for; absent: anybody may call. */
  readonly authenticate?: DialectName;
}

/** Who answers: a backend by its name, and whether a reply goes on when its client has left. */
export interface Route {
  /** A name in `backends`. */
  readonly backend: string;
  readonly onDisconnect: 'stop' | 'finish';
}

/** What a key or a site says of its route: another backend, or an origin in `origins` that everything is passed to. */
export type CallerRoute = Partial<Route> | { readonly passthrough: string };
