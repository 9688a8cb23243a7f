import { defined } from '../canonical/index.ts';
import { resolveTimeouts } from './backend-defaults.ts';
import type { Timeouts } from './backends.ts';
import type { HeaderChanges, OriginConfig } from './origins.ts';
import type { WrittenOrigin } from './written.ts';

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
