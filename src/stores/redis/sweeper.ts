import type { Conversation } from '../../canonical/index.ts';
import { type AuditBounds, defaultAuditBounds } from '../audit-book.ts';
import { sweepAudit } from './audit.ts';
import { deleteConversation, forget, readDirectory, schedule, withdraw } from './deletion.ts';
import { addToIndexes } from './lists.ts';
import { claimPublicIds } from './public-ids.ts';
import { type IndexEntries, type RedisContext, readConversation } from './record.ts';

export interface SweeperOptions {
  readonly everyMs: number;
  /** Called with the id of each conversation that is found gone. */
  readonly whenDeleted?: (id: string) => void;
  readonly audit?: AuditBounds;
}

/** A step takes so many conversations. */
const stepSize = 100;
/** Whoever took conversations to look at has so long; after that they are another's. */
const leaseMs = 60_000;
/** How often a conversation is looked at: so soon another retention holds for it too. */
const usualMs = 86_400_000;

/**
 * Looks at the conversations that are due, now and every so often, without keeping the process alive: some processes over one Redis
 * share the work. What fails is tried again when its lease has ended. Gives what ends it.
 */
export function startSweeper(
  engine: RedisContext,
  { everyMs, whenDeleted, audit = defaultAuditBounds }: SweeperOptions,
): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> | undefined;
  async function sweep(): Promise<void> {
    for await (const id of takeDue(engine)) {
      if (stopped) return;
      if (await look(engine, id)) whenDeleted?.(id);
    }
    await sweepAudit(engine, audit);
  }
  function begin(): void {
    // What fails here fails for callers too, who report it.
    running ??= sweep()
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
      });
  }
  const timer = setInterval(begin, everyMs).unref();
  setImmediate(begin);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}

/** The conversations that are due, a step at a time. */
async function* takeDue({ run, keys }: RedisContext): AsyncIterable<string> {
  for (const due of keys.everyDue) {
    for (let taken = stepSize; taken === stepSize; ) {
      const ids = await run('takeDue', [due], stepSize, leaseMs);
      yield* ids;
      taken = ids.length;
    }
  }
}

/** Sees to a conversation: true if it is gone, and was not known to be. */
async function look(engine: RedisContext, id: string): Promise<boolean> {
  const directory = await readDirectory(engine, id);
  const conversation = directory && (await readConversation(engine, id));
  if (directory === undefined || conversation === undefined) return forget(engine, id);
  const leftMs = timeLeft(engine, conversation);
  await engine.run('setEnd', engine.keys.conversation(id), JSON.stringify(conversation.updatedAt), leftMs ?? '');
  await finishOpening(engine, id, directory);
  if ((await readConversation(engine, id)) !== undefined) {
    await schedule(engine, id, Math.min((leftMs ?? usualMs) + 1000, usualMs));
    return false;
  }
  // Who deleted it meanwhile may have withdrawn it before it was put back.
  await withdraw(engine, id, directory);
  return forget(engine, id);
}

/** Brings to its end what a process may have left when it died; where nothing was left, nothing changes. */
async function finishOpening(engine: RedisContext, id: string, directory: IndexEntries): Promise<void> {
  const lost = await claimPublicIds(engine, directory.publicIds, id);
  if (lost !== undefined && (await deleteConversation(engine, id, 'unused')) === 'removed') return;
  await addToIndexes(engine, id, directory);
}

/** Until a conversation's end, in milliseconds, by the retention as it is now; nothing where there is no end. */
function timeLeft({ retentionMs, now }: RedisContext, { updatedAt }: Conversation): number | undefined {
  if (retentionMs === 0) return undefined;
  const changedAt = Date.parse(updatedAt);
  // A time that cannot be read counts as now: nothing is deleted because of it.
  return Number.isNaN(changedAt) ? retentionMs : Math.trunc(Math.max(changedAt + retentionMs - now(), 0));
}
