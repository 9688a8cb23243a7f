import type { MigrationState, StageChange } from '../canonical/index.ts';

/** So many changes of a migration are kept, the newest. Our choice. */
export const mostChanges = 1_000;

/** Where migrations stand: data, which outlives the configuration that named them. */
export interface MigrationBook {
  /** Those of these names that have begun. */
  read(names: readonly string[]): Promise<readonly MigrationState[]>;
  /** Puts a state in the place of the one whose revision is one less (0: of none), and enters the change. False, with nothing changed, where another one is there. */
  change(state: MigrationState, change: StageChange): Promise<boolean>;
  /** The changes, the newest first. */
  history(name: string): Promise<readonly StageChange[]>;
}
