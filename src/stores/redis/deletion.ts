import { isUuid } from '../../canonical/index.ts';
import { forgetTexts } from './idempotency.ts';
import { graceMs, removeFromIndexes } from './lists.ts';
import { releasePublicIds } from './public-ids.ts';
import type { IndexEntries, RedisContext } from './record.ts';
import type { Removal } from './scripts.ts';

/** Has the sweeper look at a conversation, whatever becomes of this process. */
export const schedule = ({ run, keys }: RedisContext, id: string, afterMs = graceMs): Promise<unknown> =>
  run('lookLater', [keys.due(id)], id, afterMs);

/**
 * See `Store`. The conversation is gone with one step in its slot; Redis frees the memory in a thread of its own. What points to it
 * from other slots is taken away after that, by the sweeper if this process dies in between, and stands for nothing until then.
 * Idempotency keys are left to expire: they hold no text, which is seen to first, and count for nothing without their conversation.
 */
export async function deleteConversation(
  engine: RedisContext,
  id: string,
  which: 'any' | 'unused' | 'unheard' = 'any',
): Promise<Removal> {
  if (!isUuid(id)) return 'absent';
  await schedule(engine, id);
  // In an unused one nobody spoke.
  if (which !== 'unused') await forgetTexts(engine, id);
  const removal = await engine.run('removeRecord', engine.keys.conversation(id), which);
  if (removal === 'removed') await forget(engine, id);
  return removal;
}

/** Takes away what points to a conversation that is gone. Whether anything could. */
export async function forget(engine: RedisContext, id: string): Promise<boolean> {
  const { ask, keys } = engine;
  const directory = await readDirectory(engine, id);
  if (directory !== undefined) await withdraw(engine, id, directory);
  // Last, so that whoever is cut short before can begin again.
  const [, , , , , row] = keys.conversation(id);
  await ask((client) => client.del(row), row);
  await ask((client) => client.zrem(keys.due(id), id), keys.due(id));
  return directory !== undefined;
}

/** Takes a conversation that is gone out of its lists, and gives its ids back. */
export async function withdraw(engine: RedisContext, id: string, directory: IndexEntries): Promise<void> {
  await Promise.all([releasePublicIds(engine, directory.publicIds, id), removeFromIndexes(engine, id, directory)]);
}

export async function readDirectory({ ask, keys }: RedisContext, id: string): Promise<IndexEntries | undefined> {
  const [, , , , , row] = keys.conversation(id);
  const text = await ask((client) => client.get(row));
  return text === null ? undefined : (JSON.parse(text) as IndexEntries); // what `openRecord` put there
}
