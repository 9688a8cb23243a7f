import { defined, type FeedEvent, type Message, type Reply } from '../../canonical/index.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { Leases } from '../../stores/leases.ts';
import type { NewMessage, Store } from '../../stores/store.ts';
import type { ReplyUnderWay } from './replies-under-way.ts';

/** A reply whose process is gone, and where it was told. */
export interface OrphanedReply extends ReplyUnderWay {
  readonly conversationId: string;
}

export interface EndingOptions {
  readonly store: Store;
  readonly leases: Leases;
  /** This process. */
  readonly process: string;
  /** The replies that a process was telling, as far as was told before this was called. */
  readonly orphans: (gone: string) => Promise<readonly OrphanedReply[]>;
  readonly publish: (conversationId: string, event: FeedEvent) => void;
  /** Ends the following of a conversation that is no more. */
  readonly end: (conversationId: string) => void;
}

/**
 * Ends the replies of a process that is gone, so that nobody waits for them: what followers saw is in the history, and they are told
 * what is there. One process does so; false if it is another. Throws what kept it from ending one of them; the others have been ended.
 */
export async function endReplies(gone: string, options: EndingOptions): Promise<boolean> {
  const taken = await options.leases.take(`gone ${gone}`, options.process);
  if (!('lease' in taken)) return false;
  try {
    // Whoever had the name before may have ended some of them.
    const orphans = await options.orphans(gone);
    const ends = await Promise.allSettled(orphans.map((orphan) => endReply(orphan, options)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return true;
  } finally {
    await taken.lease.release();
  }
}

async function endReply({ conversationId, replyId, soFar }: OrphanedReply, options: EndingOptions): Promise<void> {
  const message = brokenOff(conversationId, { ...soFar, id: replyId });
  try {
    const kept = await keep(message, options);
    options.publish(conversationId, { type: 'message', message: kept ?? { ...message, sequence: 0 } });
  } catch (thrown) {
    if (toGatewayError(thrown).code !== 'not-found') throw thrown;
    // Whoever deleted it may have died before that was told.
    options.end(conversationId);
  }
}

/** So many messages back it is looked what has become of a reply. */
const lookBack = 50;

/** What is in the history of a reply; `undefined` if that is nothing. Throws `not-found`. */
async function keep(message: NewMessage, { store }: EndingOptions): Promise<Message | undefined> {
  const latest = await store.latestMessages(message.conversationId, lookBack);
  const stored = latest.find(({ id }) => id === message.id);
  // One of which nothing was told leaves nothing to keep.
  const hasWords = message.text !== '' || message.items.length > 0;
  return stored !== undefined || !hasWords || isAnswered(latest, message) ? stored : store.keepReply?.(message);
}

/** Whether what a visitor had said when the reply began has been answered since, by another attempt or to a later message. */
function isAnswered(latest: readonly Message[], { createdAt }: NewMessage): boolean {
  const asked = latest.findLastIndex((one) => one.role === 'visitor' && one.createdAt <= createdAt);
  return latest.slice(asked + 1).some(({ role, status }) => role === 'assistant' && status === 'complete');
}

const brokenOff = (conversationId: string, { id, text, items, suggestions, createdAt }: Reply): NewMessage =>
  defined({
    id,
    conversationId,
    role: 'assistant' as const,
    text,
    items,
    suggestions,
    attachments: [],
    createdAt,
    status: 'failed' as const,
    failure: 'upstream-failed',
  });
