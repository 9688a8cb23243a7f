import { defined } from '../../canonical/index.ts';
import { type AuditBounds, auditFloor, defaultAuditBounds } from '../audit-book.ts';
import { strikeAudit } from './audit.ts';
import type { CommitQueue, Draft } from './commit-queue.ts';
import { readConversation } from './conversations.ts';
import type { Database, Entry } from './database.ts';
import { deleteConversation, removeSome } from './deletion.ts';
import type { Clock } from './idempotency.ts';
import {
  ageKey,
  ageRange,
  auditAgeRange,
  directoryKey,
  expiryRange,
  idempotencyRowKey,
  seenKey,
  seenRange,
  tombstoneRange,
} from './keys.ts';

/** What is swept, and by which clock. */
export interface Sweep {
  readonly database: Database;
  readonly queue: CommitQueue;
  readonly now: Clock;
  /** Conversations without a change for so long are deleted; absent: none is. */
  readonly retentionMs?: number;
  /** Called with the id of each conversation that is deleted. */
  readonly whenDeleted?: (id: string) => void;
  readonly audit?: Pick<AuditBounds, 'keepMs'>;
}

export interface Sweeper {
  /** Sweeps until there is nothing more to do, or until it is stopped. */
  sweep(): Promise<void>;
  /** Ends the timer; resolves when a sweep that runs has ended. */
  stop(): Promise<void>;
}

/** A step works on so many rows, and says whether there may be more. */
type Step = (work: Sweep) => Promise<boolean>;
const stepSize = 200;
const dayMs = 86_400_000;

/** Sweeps now and every `everyMs`, without keeping the process alive. A sweep that fails is tried again next time. */
export function startSweeper(work: Sweep, everyMs: number): Sweeper {
  let stopped = false;
  let running: Promise<void> | undefined;
  const steps: readonly Step[] = [finishDeletion, forgetExpired, deleteOld, forgetUsers, forgetActs];
  async function run(): Promise<void> {
    for (const step of steps) while (!stopped && (await step(work)));
  }
  const sweep = () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
  // What fails here fails for callers too, who report it.
  const timer = setInterval(() => void sweep().catch(() => undefined), everyMs).unref();
  setImmediate(() => void sweep().catch(() => undefined));
  return {
    sweep,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running?.catch(() => undefined);
    },
  };
}

/** A deletion that a crash or a close cut short. */
async function finishDeletion({ database, queue }: Sweep): Promise<boolean> {
  const [row] = database.entries(tombstoneRange, { limit: 1 });
  if (row !== undefined) await removeSome(queue, row.value);
  return row !== undefined;
}

/** Idempotency keys whose time has passed. A key that was taken again has a later row and stays. */
function forgetExpired({ database, queue, now }: Sweep): Promise<boolean> {
  return queue.run((draft) => {
    const rows = database.entries(expiryRange(now()), { limit: stepSize });
    for (const { key, value } of rows) {
      const once = idempotencyRowKey(value);
      const entry = draft.get(once);
      if (entry !== undefined && entry.expiresAt <= now()) draft.remove(once);
      draft.remove(key);
    }
    return rows.length === stepSize;
  });
}

/** A conversation stands under an age that it had at some time; if it has changed since, it is put under its own. */
async function deleteOld({ database, queue, now, retentionMs, whenDeleted }: Sweep): Promise<boolean> {
  if (retentionMs === undefined) return false;
  const before = now() - retentionMs;
  const rows = database.entries(ageRange(before), { limit: stepSize });
  for (const row of rows) {
    const keepIf = (draft: Draft) => keepYoung(draft, row, before);
    await deleteConversation(queue, row.value, defined({ keepIf, whenDeleted }));
  }
  return rows.length === stepSize;
}

/** Puts a conversation that has changed since under its own age; false if it has not. */
function keepYoung(draft: Draft, { key, value: id }: Entry<string>, before: number): boolean {
  const directory = draft.get(directoryKey(id));
  const changedAt = Date.parse(readConversation(draft, id)?.updatedAt ?? '');
  if (changedAt < before) return false;
  draft.remove(key);
  if (directory === undefined) return true;
  // A time that cannot be read counts as now: nothing is deleted, or looked at for ever, because of it.
  const age = Number.isNaN(changedAt) ? Date.now() : changedAt;
  draft.put(ageKey(age, id), id);
  draft.put(directoryKey(id), { ...directory, age });
  return true;
}

/** Users who were not seen within the retention. One who was seen since is put under that time. */
async function forgetUsers({ database, queue, now, retentionMs }: Sweep): Promise<boolean> {
  if (retentionMs === undefined) return false;
  const before = now() - retentionMs;
  return queue.run((draft) => {
    const rows = database.entries(seenRange(before), { limit: stepSize });
    for (const { key, value: userRow } of rows) {
      draft.remove(key);
      const user = draft.get(userRow);
      if (user === undefined) continue;
      if (user.seenAt < before) draft.remove(userRow);
      else draft.put(seenKey(user.seenAt, user), userRow);
    }
    return rows.length === stepSize;
  });
}

/** Entries of the audit that are older than they are kept. */
async function forgetActs({ database, queue, now, audit = defaultAuditBounds }: Sweep): Promise<boolean> {
  const rows = database.entries(auditAgeRange(auditFloor(now() - audit.keepMs())), { limit: stepSize });
  if (rows.length === 0) return false;
  await queue.run((draft) => {
    for (const { key, value } of rows) {
      const entry = draft.get(value);
      if (entry === undefined) draft.remove(key);
      else strikeAudit(draft, entry);
    }
  });
  return rows.length === stepSize;
}

/** Days as milliseconds. */
export const days = (count: number): number => count * dayMs;
