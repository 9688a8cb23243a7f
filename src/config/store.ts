import { defined } from '../canonical/index.ts';
import { type Place, select, stepInto } from './path.ts';
import { type Problem, showSecret, showValue } from './problems.ts';
import type { StoreConfig } from './storage.ts';
import type { WrittenStore } from './written.ts';

/** A store with every default in place and its path absolute. */
export function resolveStore(store: WrittenStore, absolute: (path: string) => string): StoreConfig {
  const retentionDays = store.retention === undefined ? undefined : Number.parseInt(store.retention, 10);
  const bounds = { retentionDays, maxMessages: store.maxMessages ?? 10_000 };
  if (store.engine === 'embedded') {
    const reserveBytes = readReserve(store);
    const backups = store.backups === undefined ? undefined : absolute(store.backups);
    return defined({ engine: store.engine, path: absolute(store.path), reserveBytes, backups, ...bounds });
  }
  const {
    engine,
    url,
    sentinels,
    group = 'mymaster',
    username,
    password,
    cluster = [],
    prefix = 'dragoman',
    durability = 'relaxed',
  } = store;
  // The checks have seen to it that there is one of the three.
  const remote = sentinels === undefined ? { cluster } : defined({ sentinels, group, username, password });
  return defined({ engine, place: url === undefined ? remote : { url }, prefix, ...bounds, durability });
}

const unitBytes: Readonly<Record<string, number>> = { MB: 1_048_576, GB: 1_073_741_824 };

/** How much of the disk an embedded store is told to keep free, in bytes. The schema has seen to the form. */
export function readReserve(store: WrittenStore): number | undefined {
  const reserve = store.engine === 'embedded' ? store.reserve : undefined;
  if (typeof reserve !== 'string') return reserve;
  return Number.parseInt(reserve, 10) * (unitBytes[reserve.slice(-2)] ?? Number.NaN);
}

/** The ways to say where Redis is. */
const places = ['url', 'sentinels', 'cluster'];

/** What only a group has that Sentinels watch. */
const groupSettings = ['group', 'username', 'password'];

/** A Redis store says in one way where Redis is, and how all of it is spoken to. */
export function checkStore({ path, value }: Place): readonly Problem[] {
  if (stepInto(value, 'engine') !== 'redis') return [];
  const has = (name: string) => stepInto(value, name) !== undefined;
  const [said, ...others] = places.filter(has);
  if (said === undefined || others.length > 0) {
    const got = said === undefined ? 'none' : [said, ...others].join(' and ');
    return [{ path, expected: `one of ${places.join(', ')}`, got }];
  }
  const problems: Problem[] = [];
  if (said !== 'sentinels') {
    const expected = `nothing beside ${said}: it is of the group that Sentinels watch`;
    problems.push(...groupSettings.filter(has).map((name) => ({ path: [...path, name], expected, got: 'a value' })));
  } else if (has('username') && !has('password')) {
    problems.push({ path: [...path, 'password'], expected: 'the password of username', got: 'nothing' });
  }
  const addresses = select(value, said === 'url' ? [said] : [said, '*']);
  problems.push(...checkAddresses(addresses).map((problem) => ({ ...problem, path: [...path, ...problem.path] })));
  return problems;
}

/** The client has one way to speak to all of a list. What is no text of the kind is told of by the schema. */
function checkAddresses(addresses: readonly Place[]): readonly Problem[] {
  let first: string | undefined;
  return addresses.flatMap(({ path, value }) => {
    if (typeof value !== 'string' || !/^rediss?:/.test(value)) return [];
    if (!URL.canParse(value)) return [{ path, expected: 'a URL that can be read', got: showSecret(value) }];
    const { protocol, username, password } = new URL(value);
    const manner = JSON.stringify([protocol, username, password]);
    first ??= manner;
    return manner === first ? [] : [{ path, expected: 'the scheme, user and password of the first', got: 'others' }];
  });
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
