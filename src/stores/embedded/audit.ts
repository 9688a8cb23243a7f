import type { AuditEntry } from '../../canonical/index.ts';
import { type AuditBounds, type AuditQuestion, auditFloor, newestOf } from '../audit-book.ts';
import type { Draft } from './commit-queue.ts';
import type { Database } from './database.ts';
import { auditAgeKey, auditCountKey, auditCountRange, auditKey, auditRange } from './keys.ts';

/** More rows than one commit can have taken already. */
const spare = 1_000;

/** See `AuditBook`. An entry that is there is there once. What one commit brings may be more for as long as it is the last. */
export function enterAudit(database: Database, draft: Draft, entry: AuditEntry, { most }: AuditBounds): void {
  const { id, tenantId } = entry;
  if (draft.get(auditKey(entry)) !== undefined) return;
  draft.put(auditKey(entry), entry);
  draft.put(auditAgeKey(id), auditKey(entry));
  count(draft, tenantId, 1);
  const excess = (draft.get(auditCountKey(tenantId))?.count ?? 0) - most;
  if (excess <= 0) return;
  const oldest = database.entries(auditRange(tenantId, ''), { limit: excess + spare });
  const there = oldest.filter(({ key }) => draft.get(key) !== undefined);
  for (const { value } of there.slice(0, excess)) strikeAudit(draft, value);
}

/** See `AuditBook`. */
export function strikeAudit(draft: Draft, entry: AuditEntry): void {
  if (draft.get(auditKey(entry)) === undefined) return;
  draft.remove(auditKey(entry));
  draft.remove(auditAgeKey(entry.id));
  count(draft, entry.tenantId, -1);
}

function count(draft: Draft, tenantId: string, change: 1 | -1): void {
  const key = auditCountKey(tenantId);
  const after = (draft.get(key)?.count ?? 0) + change;
  if (after > 0) draft.put(key, { tenantId, count: after });
  else draft.remove(key);
}

/** See `AuditBook`. */
export function auditEntries(
  database: Database,
  { tenantIds = tenantsIn(database), after, limit }: AuditQuestion,
  since: number,
): readonly AuditEntry[] {
  // Read backwards, a range has what stands at its upper border too.
  const wanted = { limit: limit + 1, reverse: true };
  const read = (tenantId: string) =>
    database.entries(auditRange(tenantId, auditFloor(since), after), wanted).map(({ value }) => value);
  const lists = [...new Set(tenantIds)].map((tenantId) => read(tenantId).filter(({ id }) => id !== after));
  return newestOf(lists, limit);
}

const tenantsIn = (database: Database): readonly string[] =>
  database.entries(auditCountRange, { limit: Number.MAX_SAFE_INTEGER }).map(({ value: { tenantId } }) => tenantId);
