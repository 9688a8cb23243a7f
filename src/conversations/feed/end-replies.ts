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

/** How far back a reply is looked for that was stored and not told. */
const lookBack = 50;

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

async function endReply(orphan: OrphanedReply, { store, publish }: EndingOptions): Promise<void> {
  const { conversationId, replyId } = orphan;
  const latest = await store.latestMessages(conversationId, lookBack);
  const message = latest.find(({ id }) => id === replyId) ?? (await keep(store, orphan));
  publish(conversationId, { type: 'message', message });
}

/** Stores what was told of a reply, once, whoever does. One of which nothing was told leaves nothing to keep. */
async function keep(store: Store, { conversationId, replyId, soFar }: OrphanedReply): Promise<Message> {
  const message = brokenOff(conversationId, { ...soFar, id: replyId });
  if (message.text === '' && message.items.length === 0) return { ...message, sequence: 0 };
  const conversation = await store.conversation(conversationId);
  if (conversation === undefined) return { ...message, sequence: 0 };
  const key = { tenantId: conversation.tenantId, scope: 'reply of a process that is gone', key: replyId };
  const appended = await store.appendMessage(message, { key, fingerprint: '', expiresAt: Date.now() + rememberedMs });
  return 'message' in appended ? appended.message : { ...message, sequence: 0 };
}

const rememberedMs = 3_600_000;

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
