import type { ComparedTurn, MigrationState, StageChange } from '../canonical/index.ts';

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

/** Of one migration, so many comparisons are kept, the newest, and so many names are counted. Our choice. */
export const mostComparisons = 10_000;
export const mostCounts = 1_000;

/** What is added to the figures of a migration. */
export interface ComparisonPage {
  readonly name: string;
  /** What is compared with what, and how: where that is another one than before, the figures begin anew. */
  readonly mark: string;
  /** By name: what was counted is added. A name too many is passed over. */
  readonly counts: Readonly<Record<string, number>>;
  /** The oldest first. Each gets its id. */
  readonly comparisons: readonly Omit<ComparedTurn, 'id'>[];
  /** Those from before then are dropped, in milliseconds since the epoch. */
  readonly since: number;
}

/** What was compared, beside conversations: one that is deleted takes its comparisons with it, and leaves what was counted. */
export interface ComparisonBook {
  enter(page: ComparisonPage): Promise<void>;
  /** What was counted under a mark; nothing where another one holds. */
  counts(name: string, mark: string): Promise<Readonly<Record<string, number>>>;
  /** The newest first, of those under a mark: those before an id, from `since` on. */
  list(name: string, question: ComparisonQuestion): Promise<readonly ComparedTurn[]>;
  forget(conversationId: string): Promise<void>;
  /** Begins anew. */
  reset(name: string): Promise<void>;
}

export interface ComparisonQuestion {
  readonly mark: string;
  readonly before?: number;
  readonly since: number;
  /** So many ids are looked at: fewer comparisons may be left of them. */
  readonly limit: number;
}
