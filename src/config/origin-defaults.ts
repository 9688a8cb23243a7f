import { resolveTimeouts } from './backend-defaults.ts';
import type { Timeouts } from './backends.ts';
import type { HeaderChanges, OriginConfig } from './origins.ts';
import type { WrittenOrigin } from './written.ts';

/** An origin with every default in place. */
export function resolveOrigin(written: WrittenOrigin, timeouts: Timeouts): OriginConfig {
  return {
    target: written.target,
    requestHeaders: resolveChanges(written.requestHeaders),
    responseHeaders: resolveChanges(written.responseHeaders),
    timeouts: { ...timeouts, ...resolveTimeouts(written.timeouts) },
  };
}

function resolveChanges({ remove = [], set = {} }: Partial<HeaderChanges> = {}): HeaderChanges {
  return { remove: remove.map((name) => name.toLowerCase()), set };
}
