import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';

/** A configuration that is not to take over, and why: it asks for what a running gateway cannot change, or cannot be opened. */
export interface Refused {
  readonly outcome: 'refused' | 'failed';
  /** For people; holds no secret. */
  readonly problem: string;
}

/** What is set up once, when the program starts. */
const fixed: Readonly<Record<string, (config: Config) => unknown>> = {
  listen: ({ listen: { hosts: _hosts, ...place } }) => place,
  'observability.listen': ({ observability }) => observability.listen,
  'admin.listen': ({ admin }) => admin.listen,
  store: ({ store }) => store,
  uploads: ({ uploads }) => uploads,
  processes: ({ processes }) => processes,
  'log.format': ({ log }) => log.format,
  tracing: ({ tracing }) => tracing,
};

/** Refuses a configuration that differs from the one in force in what takes a restart, and names that as the file does. */
export function refusalFor(inForce: Config, wanted: Config): Refused | undefined {
  const changed = Object.keys(fixed).filter(
    (name) => !isDeepStrictEqual(fixed[name]?.(inForce), fixed[name]?.(wanted)),
  );
  if (changed.length === 0) return undefined;
  return { outcome: 'refused', problem: `A change of ${changed.join(', ')} takes a restart. Nothing was changed` };
}
