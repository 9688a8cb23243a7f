import { defined, type Message } from '../../canonical/index.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { FeedRecords, RecordedReply } from '../../stores/feed-records.ts';
import type { NewMessage, Store } from '../../stores/store.ts';
import { gather } from './steps.ts';

/** So many messages back it is looked what has become of a reply. */
const lookBack = 50;

/**
 * Ends a reply whose process is gone, so that nobody waits for it: what was seen of it is in the history from now on. Where its record has
 * changed since it was read, nothing is done. Throws `store-unavailable`.
 */
export async function endDead(
  { records, store }: { readonly records: FeedRecords; readonly store: Store },
  conversationId: string,
  { id, createdAt, steps, state }: Pick<RecordedReply, 'id' | 'createdAt' | 'steps' | 'state'>,
): Promise<void> {
  const failed = { status: 'failed' as const, failure: 'upstream-failed' };
  const message: NewMessage = defined({
    ...{ id, conversationId, role: 'assistant' as const, ...gather(steps), attachments: [], createdAt, ...failed },
  });
  try {
    const latest = await store.latestMessages(conversationId, lookBack);
    const isStored = latest.some((one) => one.id === id);
    // One of which nothing was told leaves nothing to keep.
    const hasWords = message.text !== '' || message.items.length > 0;
    if (isStored || (hasWords && !isAnswered(latest, message))) await store.keepReply?.(message, state);
    else await records.end(conversationId, id, { sequence: 0, ...failed }, state);
  } catch (thrown) {
    if (toGatewayError(thrown).code !== 'not-found') throw thrown; // of a conversation that is gone nobody waits for anything
  }
}

/** Whether what a visitor had said when the reply began has been answered since, by another attempt or to a later message. */
function isAnswered(latest: readonly Message[], { createdAt }: NewMessage): boolean {
  const asked = latest.findLastIndex((one) => one.role === 'visitor' && one.createdAt <= createdAt);
  return latest.slice(asked + 1).some(({ role, status }) => role === 'assistant' && status === 'complete');
}
