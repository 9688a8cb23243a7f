import { defined } from '../canonical/index.ts';
import type { DialectName } from '../dialects/dialect.ts';
import { resolveTimeouts } from './backend-defaults.ts';
import type { Timeouts } from './backends.ts';
import type { WrittenOrigin } from './written.ts';

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

/** Event streams may be quiet for a while, and have no end: what is passed on has no total time unless one is written. Our choice. */
const quietMs = 300_000;

/** An origin with every default in place. */
export function resolveOrigin(written: WrittenOrigin, { connectMs, firstEventMs }: Timeouts): OriginConfig {
  return {
    target: written.target,
    requestHeaders: resolveChanges(written.requestHeaders),
    responseHeaders: resolveChanges(written.responseHeaders),
    allowUnderscores: written.allowUnderscores ?? false,
    timeouts: defined({ connectMs, firstEventMs, idleMs: quietMs, ...resolveTimeouts(written.timeouts) }),
  };
}

function resolveChanges({ remove = [], set = {} }: Partial<HeaderChanges> = {}): HeaderChanges {
  return { remove: remove.map((name) => name.toLowerCase()), set };
}
