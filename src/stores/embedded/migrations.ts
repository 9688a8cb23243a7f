import type { ComparedTurn, MigrationState, StageChange } from '../../canonical/index.ts';
import {
  type ComparisonPage,
  type ComparisonQuestion,
  mostChanges,
  mostComparisons,
  mostCounts,
} from '../migration-book.ts';
import type { CommitQueue, Draft } from './commit-queue.ts';
import type { Database } from './database.ts';
import {
  type ComparedRow,
  comparedKey,
  comparisonKey,
  comparisonOfKey,
  comparisonRange,
  comparisonsOf,
  migrationKey,
  stageKey,
  stageRange,
} from './keys.ts';

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

const none: ComparedRow = { mark: '', begun: 0, first: 0, last: 0, counts: {} };

/** One change drops so many more than it enters. */
const spare = 200;

/** See `ComparisonBook`. */
export function enterComparisons(database: Database, draft: Draft, page: ComparisonPage): void {
  const { name, mark, comparisons, since } = page;
  const known = begunAnew(draft.get(comparedKey(name)) ?? none, mark);
  if (isNothing(page) && known.first >= known.begun && oldest(database, name, known) >= since) return;
  const last = known.last + comparisons.length;
  const before = Math.max(known.begun, last - mostComparisons);
  const first = dropUpTo(database, draft, { name, before, since, known, most: comparisons.length + spare });
  for (const [index, comparison] of comparisons.entries()) {
    const id = known.last + index + 1;
    draft.put(comparisonKey(name, id), { ...comparison, id: String(id) });
    const { conversationId } = comparison;
    if (conversationId !== undefined) draft.put(comparisonOfKey(conversationId, name, id), comparisonKey(name, id));
  }
  draft.put(comparedKey(name), { ...known, first, last, counts: addCounts(known.counts, page.counts) });
}

/** What was counted under another mark counts no more; its comparisons are dropped step by step. */
const begunAnew = (known: ComparedRow, mark: string): ComparedRow =>
  known.mark === mark ? known : { ...known, mark, begun: known.last, counts: {} };

const isNothing = ({ comparisons, counts }: ComparisonPage): boolean =>
  comparisons.length === 0 && Object.keys(counts).length === 0;

function oldest(database: Database, name: string, { first, last }: ComparedRow): number {
  const [row] = database.entries(comparisonRange(name, first, last), { limit: 1 });
  return row === undefined ? Number.POSITIVE_INFINITY : Date.parse(row.value.at);
}

interface Dropping {
  readonly name: string;
  /** All up to this id. */
  readonly before: number;
  /** Those from before then, in milliseconds since the epoch. */
  readonly since: number;
  readonly known: ComparedRow;
  readonly most: number;
}

/** Drops the oldest; the id of the last one that is gone. */
function dropUpTo(database: Database, draft: Draft, { name, before, since, known, most }: Dropping): number {
  let { first } = known;
  for (const { value } of database.entries(comparisonRange(name, first, known.last), { limit: most })) {
    if (Number(value.id) > before && Date.parse(value.at) >= since) return first;
    drop(draft, name, value);
    first = Number(value.id);
  }
  return first;
}

function drop(draft: Draft, name: string, { id, conversationId }: ComparedTurn): void {
  draft.remove(comparisonKey(name, Number(id)));
  if (conversationId !== undefined) draft.remove(comparisonOfKey(conversationId, name, Number(id)));
}

function addCounts(known: ComparedRow['counts'], added: ComparedRow['counts']): ComparedRow['counts'] {
  const counts = new Map(Object.entries(known));
  for (const [name, count] of Object.entries(added))
    if (counts.has(name) || counts.size < mostCounts) counts.set(name, (counts.get(name) ?? 0) + count);
  return Object.fromEntries(counts);
}

/** See `ComparisonBook`. */
export function countsOf(database: Pick<Database, 'get'>, name: string, mark: string): ComparedRow['counts'] {
  const known = database.get(comparedKey(name));
  return known?.mark === mark ? known.counts : {};
}

/** See `ComparisonBook`. */
export function listComparisons(
  database: Database,
  name: string,
  { mark, before = Number.MAX_SAFE_INTEGER, since, limit }: ComparisonQuestion,
): readonly ComparedTurn[] {
  const { begun, first, last, ...known } = database.get(comparedKey(name)) ?? none;
  if (known.mark !== mark) return [];
  const range = comparisonRange(name, Math.max(begun, first), Math.min(last, before - 1));
  // Read backwards, a range has what stands at its upper border too.
  return database
    .entries(range, { limit: limit + 1, reverse: true })
    .map(({ value }) => value)
    .filter(({ id, at }) => Number(id) < before && Date.parse(at) >= since)
    .slice(0, limit);
}

/** See `ComparisonBook`. */
export async function forgetComparisons(database: Database, queue: CommitQueue, conversationId: string): Promise<void> {
  let rows: number;
  do {
    rows = await queue.run((draft) => {
      const found = database.entries(comparisonsOf(conversationId), { limit: spare });
      for (const { key, value } of found) {
        draft.remove(value);
        draft.remove(key);
      }
      return found.length;
    });
  } while (rows === spare);
}

/** See `ComparisonBook`. */
export function resetComparisons(draft: Draft, name: string): void {
  const known = draft.get(comparedKey(name));
  if (known !== undefined) draft.put(comparedKey(name), begunAnew({ ...known, mark: '' }, known.mark));
}
