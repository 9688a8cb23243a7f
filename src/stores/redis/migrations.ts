import type { MigrationState, StageChange } from '../../canonical/index.ts';
import { mostChanges } from '../migration-book.ts';
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
