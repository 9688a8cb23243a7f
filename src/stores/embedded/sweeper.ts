import type { CommitQueue } from './commit-queue.ts';
import { readConversation } from './conversations.ts';
import type { Database } from './database.ts';
import { deleteConversation, removeRemains } from './deletion.ts';
import { ageKey, ageRange, expiryRange, onceKey, remainsRange } from './keys.ts';
import type { Clock } from './once.ts';

/** What is swept, and by which clock. */
export interface Sweep {
  readonly database: Database;
  readonly queue: CommitQueue;
  readonly now: Clock;
  /** Conversations without a change for so long are deleted; absent: none is. */
  readonly retentionMs?: number;
}

export interface Sweeper {
  /** Sweeps until there is nothing more to do, or until it is stopped. */
  sweep(): Promise<void>;
  /** Ends the timer; resolves when a sweep that runs has ended. */
  stop(): Promise<void>;
}

/** One commit of the sweeper handles at most so many rows. */
const stepSize = 200;
const dayMs = 86_400_000;

/** Sweeps now and every `everyMs`, without keeping the process alive. A sweep that fails is tried again next time. */
export function startSweeper(work: Sweep, everyMs: number): Sweeper {
  let stopped = false;
  let running: Promise<void> | undefined;
  const steps = [finishDeletions, forgetExpired, deleteOld];
  async function run(): Promise<void> {
    for (const step of steps) while (!stopped && (await step(work)) === stepSize);
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

/** Deletions that a crash cut short. */
async function finishDeletions({ database, queue }: Sweep): Promise<number> {
  const rows = database.entries(remainsRange, { limit: stepSize });
  for (const { value } of rows) await removeRemains(queue, value);
  return rows.length;
}

/** Once-keys whose time has passed. A key that was taken again has a later row and stays. */
function forgetExpired({ database, queue, now }: Sweep): Promise<number> {
  return queue.run((draft) => {
    const rows = database.entries(expiryRange(now()), { limit: stepSize });
    for (const { key, value } of rows) {
      const once = onceKey(Buffer.from(value, 'hex'));
      const entry = draft.get(once);
      if (entry !== undefined && entry.expiresAt <= now()) draft.remove(once);
      draft.remove(key);
    }
    return rows.length;
  });
}

/** A conversation stands under the time it was last seen here; if it has changed since, it is put under that. */
async function deleteOld({ database, queue, now, retentionMs }: Sweep): Promise<number> {
  if (retentionMs === undefined) return 0;
  const before = now() - retentionMs;
  const rows = database.entries(ageRange(before), { limit: stepSize });
  for (const { key, value: id } of rows) {
    const updatedAt = readConversation(database, id)?.updatedAt;
    if (updatedAt !== undefined && Date.parse(updatedAt) < before) await deleteConversation(queue, id);
    await queue.run((draft) => {
      const kept = readConversation(draft, id);
      draft.remove(key);
      if (kept !== undefined) draft.put(ageKey(kept.updatedAt, id), id);
    });
  }
  return rows.length;
}

/** Days as milliseconds. */
export const days = (count: number): number => count * dayMs;
