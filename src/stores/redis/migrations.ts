import type { ComparedTurn, MigrationState, StageChange } from '../../canonical/index.ts';
import {
  type ComparisonPage,
  type ComparisonQuestion,
  mostChanges,
  mostComparisons,
  mostCounts,
} from '../migration-book.ts';
import type { RedisContext } from './record.ts';

// What is put there is what is read: the revision, then the state as JSON.
const decodeState = (text: string): MigrationState => JSON.parse(text.slice(text.indexOf(' '))) as MigrationState;
const decodeChange = (text: string): StageChange => JSON.parse(text) as StageChange;

/** See `MigrationBook`. */
export async function readMigrations({ ask, keys }: RedisContext, names: readonly string[]) {
  const read = async (name: string) => {
    const [state] = keys.migration(name);
    return ask((client) => client.get(state), state);
  };
  return (await Promise.all(names.map(read))).flatMap((text) => (text === null ? [] : [decodeState(text)]));
}

/** See `MigrationBook`. */
export async function changeMigration({ run, keys }: RedisContext, state: MigrationState, change: StageChange) {
  const { name, revision } = state;
  const texts = [`${revision} ${JSON.stringify(state)}`, JSON.stringify(change)];
  return (await run('changeMigration', keys.migration(name), revision - 1, ...texts, mostChanges)) === 1;
}

/** See `MigrationBook`. */
export async function migrationHistory({ ask, keys }: RedisContext, name: string): Promise<readonly StageChange[]> {
  const [, history] = keys.migration(name);
  return (await ask((client) => client.lrange(history, 0, -1), history)).map(decodeChange).reverse();
}

const nobody = '-';

/** See `ComparisonBook`. */
export async function enterComparisons({ run, keys, now }: RedisContext, page: ComparisonPage): Promise<void> {
  const { mark, comparisons, since } = page;
  const name = keys.comparisons.nameOf(page.name);
  const counts = Object.entries(page.counts);
  const texts = comparisons.map(
    (one) => `${Date.parse(one.at)} ${one.conversationId ?? nobody} ${JSON.stringify(one)}`,
  );
  const rows = [keys.comparisons.counts(name), keys.comparisons.rows(name), keys.comparisons.owners];
  const bounds = [since, mostComparisons, mostCounts, Math.max(1, now() - since)];
  await run('enterComparisons', rows, mark, ...bounds, name, counts.length, ...counts.flat(), ...texts);
}

/** See `ComparisonBook`. */
export async function countsOf({ ask, keys }: RedisContext, migration: string, mark: string) {
  const row = keys.comparisons.counts(keys.comparisons.nameOf(migration));
  const found = await ask((client) => client.hgetall(row), row);
  if (found['mark'] !== mark) return {};
  const counted = Object.entries(found).filter(([name]) => name.startsWith('+'));
  return Object.fromEntries(counted.map(([name, count]) => [name.slice(1), Number(count)]));
}

/** See `ComparisonBook`. */
export async function listComparisons(
  engine: RedisContext,
  migration: string,
  { mark, before = Number.MAX_SAFE_INTEGER, since, limit }: ComparisonQuestion,
): Promise<readonly ComparedTurn[]> {
  const {
    ask,
    keys: { comparisons },
  } = engine;
  const name = comparisons.nameOf(migration);
  const [counts, rows] = [comparisons.counts(name), comparisons.rows(name)];
  const [known, ...bounds] = await ask((client) => client.hmget(counts, 'mark', 'begun', 'first', 'last'), counts);
  if (known !== mark) return [];
  const [begun = 0, first = 0, last = 0] = bounds.map(Number);
  const top = Math.min(last, before - 1);
  const ids = Array.from({ length: Math.max(0, Math.min(limit, top - Math.max(begun, first))) }, (_, index) =>
    String(top - index),
  );
  if (ids.length === 0) return [];
  const texts = await ask((client) => client.hmget(rows, ...ids), rows);
  // Where many in a row are gone, older ones may be there.
  if (texts.every((text) => text === null))
    return listComparisons(engine, migration, { mark, before: Number(ids.at(-1)), since, limit });
  return texts
    .flatMap((text, index) => (text === null ? [] : [{ ...decode(text), id: ids[index] ?? '' }]))
    .filter(({ at }) => Date.parse(at) >= since);
}

// What `enterComparisons` put there, behind two words.
const decode = (text: string) => JSON.parse(text.slice(text.indexOf(' {'))) as Omit<ComparedTurn, 'id'>;

/** See `ComparisonBook`. */
export async function forgetComparisons(
  { ask, keys: { comparisons } }: RedisContext,
  conversationId: string,
): Promise<void> {
  const { owners } = comparisons;
  const found = await ask((client) => client.zrangebylex(owners, `[${conversationId} `, `(${conversationId}!`), owners);
  for (const member of found) {
    const [, name = '', id = ''] = member.split(' ');
    const rows = comparisons.rows(name);
    await ask((client) => client.hdel(rows, id), rows);
    await ask((client) => client.zrem(owners, member), owners);
  }
}

/** See `ComparisonBook`. The next that is entered begins anew. */
export async function resetComparisons({ ask, keys: { comparisons } }: RedisContext, migration: string): Promise<void> {
  const row = comparisons.counts(comparisons.nameOf(migration));
  await ask((client) => client.hset(row, 'mark', ''), row);
}
