import type { MigrationState, StageChange } from '../../canonical/index.ts';
import { mostChanges } from '../migration-book.ts';
import type { Draft } from './commit-queue.ts';
import type { Database } from './database.ts';
import { migrationKey, stageKey, stageRange } from './keys.ts';

/** See `MigrationBook`. */
export function changeMigration(draft: Draft, state: MigrationState, change: StageChange): boolean {
  const { name, revision } = state;
  if ((draft.get(migrationKey(name))?.revision ?? 0) !== revision - 1) return false;
  draft.put(migrationKey(name), state);
  draft.put(stageKey(name, revision), change);
  draft.remove(stageKey(name, revision - mostChanges));
  return true;
}

/** See `MigrationBook`. */
export const migrationHistory = (database: Database, name: string): readonly StageChange[] =>
  database.entries(stageRange(name), { limit: mostChanges, reverse: true }).map(({ value }) => value);
