import type { AuditEntry } from '../canonical/index.ts';

/** How much of the audit is kept. */
export interface AuditBounds {
  /** How long an entry is kept, in milliseconds. */
  keepMs(): number;
  /** Of one tenant, so many entries at most: beyond that its oldest are dropped. */
  readonly most: number;
}

/** Our choice: 90 days, and what twenty operators at work enter in twice as long. */
export const defaultAuditBounds: AuditBounds = { keepMs: () => 90 * 86_400_000, most: 500_000 };

/** Which entries: of all tenants unless some are named, those before the entry of that id, `limit` at most. */
export interface AuditQuestion {
  readonly tenantIds?: readonly string[];
  readonly after?: string;
  readonly limit: number;
}

/** What operators did. It outlives the conversations that it speaks of. */
export interface AuditBook {
  enter(entry: AuditEntry): Promise<void>;
  /** Takes an entry back, whose act came to nothing. */
  strike(entry: AuditEntry): Promise<void>;
  /** The newest first. */
  entries(question: AuditQuestion): Promise<readonly AuditEntry[]>;
}

/** What every id that was given before then is less than; `moment` in milliseconds since the epoch. */
export const auditFloor = (moment: number): string => String(Math.max(0, Math.trunc(moment))).padStart(13, '0');

/** The newest of what several tenants have. */
export const newestOf = (lists: readonly (readonly AuditEntry[])[], limit: number): readonly AuditEntry[] =>
  lists
    .flat()
    .sort((one, other) => (one.id < other.id ? 1 : -1))
    .slice(0, limit);
