import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';

/** What is set up once, when the program starts. */
const fixed: Readonly<Record<string, (config: Config) => unknown>> = {
  listen: ({ listen }) => listen,
  store: ({ store }) => store,
  uploads: ({ uploads }) => uploads,
  processes: ({ processes }) => processes,
  'log.format': ({ log }) => log.format,
};

/** The settings, as the file calls them, whose change takes a restart. */
export function restartFor(one: Config, other: Config): readonly string[] {
  return Object.keys(fixed).filter((name) => !isDeepStrictEqual(fixed[name]?.(one), fixed[name]?.(other)));
}
