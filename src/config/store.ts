import { defined } from '../canonical/index.ts';
import type { StoreConfig } from './config.ts';
import { type Place, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';
import type { WrittenStore } from './written.ts';

/** A store with every default in place and its path absolute. */
export function resolveStore(store: WrittenStore, absolute: (path: string) => string): StoreConfig {
  const retentionDays = store.retention === undefined ? undefined : Number.parseInt(store.retention, 10);
  if (store.engine === 'embedded') return defined({ engine: store.engine, path: absolute(store.path), retentionDays });
  const {
    engine,
    url,
    sentinels,
    group = 'mymaster',
    cluster = [],
    prefix = 'dragoman',
    durability = 'relaxed',
  } = store;
  // The checks have seen to it that there is one of the three.
  const remote = sentinels === undefined ? { cluster } : { sentinels, group };
  return defined({ engine, place: url === undefined ? remote : { url }, prefix, retentionDays, durability });
}

/** The ways to say where Redis is. */
const places = ['url', 'sentinels', 'cluster'];

/** A Redis store says in one way where Redis is. */
export function checkStore({ path, value }: Place): readonly Problem[] {
  if (stepInto(value, 'engine') !== 'redis') return [];
  const said = places.filter((name) => stepInto(value, name) !== undefined);
  if (said.length === 1) return [];
  return [{ path, expected: `one of ${places.join(', ')}`, got: said.length === 0 ? 'none' : said.join(' and ') }];
}

/** One process owns the folder of an embedded store. */
export function checkProcesses(document: unknown): readonly Problem[] {
  const processes = stepInto(document, 'processes');
  const isEmbedded = stepInto(stepInto(document, 'store'), 'engine') === 'embedded';
  if (!isEmbedded || processes === undefined || processes === 1) return [];
  const expected =
    '1, because one process alone can have the folder of an embedded store: keep conversations in Redis to have more ' +
    '(store: { engine: redis, url: "redis://…" })';
  return [{ path: ['processes'], expected, got: showValue(processes) }];
}
