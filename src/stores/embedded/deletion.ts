import type { CommitQueue, Draft } from './commit-queue.ts';
import { readConversation, unlistConversation } from './conversations.ts';
import { droppedKey, nudgesKey, type TombstoneRow, tombstoneKey } from './keys.ts';
import { readDropped, removeMessage } from './messages.ts';

/** One commit removes at most so many messages, and works at most so many milliseconds on it. */
const maxMessages = 500;
const maxMilliseconds = 5;

export interface DeletionOptions {
  /** Asked in the change that deletes, so that nothing comes in between; true leaves the conversation alone. */
  readonly keepIf?: (draft: Draft) => boolean;
  /** Called once the conversation is gone. */
  readonly whenDeleted?: (id: string) => void;
}

/** See `Store`. The conversation is gone with the first commit; a long one's messages follow in small steps. */
export async function deleteConversation(
  queue: CommitQueue,
  id: string,
  { keepIf, whenDeleted }: DeletionOptions = {},
): Promise<boolean> {
  let left = await queue.run((draft) => {
    const conversation = readConversation(draft, id);
    if (keepIf?.(draft) === true || conversation === undefined) return undefined;
    unlistConversation(draft, conversation);
    draft.remove(nudgesKey(id));
    const dropped = readDropped(draft, id);
    draft.remove(droppedKey(id));
    return removeMessages(draft, { id, dropped, remaining: dropped + conversation.messageCount });
  });
  if (left === undefined) return false;
  whenDeleted?.(id);
  while (left.remaining > (left.dropped ?? 0)) left = await removeSome(queue, left);
  return true;
}

/** One step of a deletion that has begun. */
export function removeSome(queue: CommitQueue, { id }: TombstoneRow): Promise<TombstoneRow> {
  return queue.run((draft) => removeMessages(draft, draft.get(tombstoneKey(id)) ?? { id, remaining: 0 }));
}

/** Removes the newest of the messages that are left, and keeps a note of the others for after a crash. */
function removeMessages(draft: Draft, { id, dropped = 0, remaining }: TombstoneRow): TombstoneRow {
  const until = performance.now() + maxMilliseconds;
  const stop = Math.max(remaining - maxMessages, dropped);
  let left = remaining;
  while (left > stop && performance.now() < until) {
    removeMessage(draft, id, left);
    left -= 1;
  }
  const row = { id, dropped, remaining: left };
  if (left > dropped) draft.put(tombstoneKey(id), row);
  else draft.remove(tombstoneKey(id));
  return row;
}
