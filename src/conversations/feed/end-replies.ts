import { defined, type FeedEvent, type Message, type Reply } from '../../canonical/index.ts';
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
}

/**
 * Ends the replies of a process that is gone, so that nobody waits for them: what followers saw is in the history, and they are told
 * what is there. One process does so; false if it is another.
 */
export async function endReplies(gone: string, options: EndingOptions): Promise<boolean> {
  const taken = await options.leases.take(`gone ${gone}`, options.process);
  if (!('lease' in taken)) return false;
  try {
    // Whoever had the name before may have ended some of them.
    for (const orphan of await options.orphans(gone)) await endReply(orphan, options);
    return true;
  } finally {
    await taken.lease.release();
  }
}

async function endReply({ conversationId, replyId, soFar }: OrphanedReply, { store, publish }: EndingOptions) {
  const message = brokenOff(conversationId, { ...soFar, id: replyId });
  // One of which nothing was told leaves nothing to keep.
  const hasWords = message.text !== '' || message.items.length > 0;
  const kept = hasWords ? await store.keepReply?.(message) : await storedReply(store, message);
  publish(conversationId, { type: 'message', message: kept ?? { ...message, sequence: 0 } });
}

/** How far back a reply is looked for that was stored and not told. */
const lookBack = 50;

async function storedReply(store: Store, { conversationId, id }: NewMessage): Promise<Message | undefined> {
  const latest = await store.latestMessages(conversationId, lookBack);
  return latest.find((message) => message.id === id);
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
