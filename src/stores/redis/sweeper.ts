import { deleteConversation, forget, lookLater, readDirectory } from './deletion.ts';
import { enlist } from './lists.ts';
import { claimPublicIds } from './public-ids.ts';
import { type Directory, type Engine, readConversation } from './record.ts';

export interface SweeperOptions {
  readonly everyMs: number;
  /** Called with the id of each conversation that is found gone. */
  readonly whenDeleted?: (id: string) => void;
}

/** A step takes so many conversations. */
const stepSize = 100;
/** Whoever took conversations to look at has so long; after that they are another's. */
const leaseMs = 60_000;
/** How often a conversation is looked at that has no end. */
const rareMs = 30 * 86_400_000;

/**
 * Looks at the conversations that are due, now and every so often, without keeping the process alive: some processes over one Redis
 * share the work. What fails is tried again when its lease has ended. Gives what ends it.
 */
export function startSweeper(engine: Engine, { everyMs, whenDeleted }: SweeperOptions): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> | undefined;
  async function sweep(): Promise<void> {
    for (const due of engine.keys.everyDue) {
      for (let taken = stepSize; taken === stepSize && !stopped; ) {
        const now = engine.now();
        const ids = await engine.run('takeDue', [due], now, stepSize, now + leaseMs);
        for (const id of ids) if (await look(engine, id)) whenDeleted?.(id);
        taken = ids.length;
      }
    }
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

/** Sees to a conversation: true if it is gone, and was not known to be. */
async function look(engine: Engine, id: string): Promise<boolean> {
  const directory = await readDirectory(engine, id);
  if (directory === undefined || (await readConversation(engine, id)) === undefined) return forget(engine, id);
  await finishOpening(engine, id, directory);
  return false;
}

/** Brings to its end what a process may have left when it died; where nothing was left, nothing changes. */
async function finishOpening(engine: Engine, id: string, directory: Directory): Promise<void> {
  const lost = await claimPublicIds(engine, directory.publicIds, id);
  if (lost !== undefined && (await deleteConversation(engine, id, 'unused'))) return;
  await enlist(engine, id, directory);
  await lookLater(engine, id, await timeLeft(engine, id));
}

/** Begins the retention of what is older than it. */
async function timeLeft(engine: Engine, id: string): Promise<number> {
  const [record] = engine.keys.conversation(id);
  const left = await engine.ask((client) => client.pttl(record));
  if (left >= 0) return left + 1000;
  if (engine.retentionMs === 0) return rareMs;
  await engine.run('changeRecord', engine.keys.conversation(id), engine.retentionMs, 0);
  return engine.retentionMs + 1000;
}
