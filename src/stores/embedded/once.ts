import { defined } from '../../canonical/index.ts';
import type { OnceEntry, OnceKey } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import type { Rows } from './conversations.ts';
import { answerKey, expiryKey, onceDigest, onceKey } from './keys.ts';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** What is to be remembered under a once-key. */
export interface NewOnce {
  readonly key: OnceKey;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** The entry of a once-key that has not expired. */
export function readOnce(rows: Rows, key: OnceKey, now: Clock): OnceEntry | undefined {
  const row = rows.get(onceKey(onceDigest(key)));
  if (row === undefined || row.expiresAt <= now()) return undefined;
  const { conversationId, messageId, sequence, fingerprint, expiresAt } = row;
  const replySequence = rows.get(answerKey(conversationId, sequence));
  return defined({ conversationId, messageId, fingerprint, expiresAt, replySequence });
}

/** Remembers a once-key that is free; gives back its digest. */
export function takeOnce(
  draft: Draft,
  { key, fingerprint, expiresAt }: NewOnce,
  message: { readonly conversationId: string; readonly id: string; readonly sequence: number },
): string {
  const once = onceDigest(key);
  const { conversationId, id: messageId, sequence } = message;
  draft.put(onceKey(once), { conversationId, messageId, sequence, fingerprint, expiresAt });
  draft.put(expiryKey(expiresAt, once), once.toString('hex'));
  return once.toString('hex');
}

/** Marks the turn as answered, beside its message, where the reply is written too: the entry's own page is left alone. */
export function answerOnce(
  draft: Draft,
  key: OnceKey,
  reply: { readonly conversationId: string; readonly sequence: number },
  now: Clock,
): void {
  const row = draft.get(onceKey(onceDigest(key)));
  if (row === undefined || row.expiresAt <= now() || row.conversationId !== reply.conversationId) return;
  draft.put(answerKey(row.conversationId, row.sequence), reply.sequence);
}

/** Forgets a once-key, if it still stands for this message. */
export function dropOnce(
  draft: Draft,
  digest: string,
  message: { readonly conversationId: string; readonly sequence: number },
): void {
  const once = Buffer.from(digest, 'hex');
  draft.remove(answerKey(message.conversationId, message.sequence));
  const row = draft.get(onceKey(once));
  if (row?.conversationId !== message.conversationId || row.sequence !== message.sequence) return;
  draft.remove(onceKey(once));
  draft.remove(expiryKey(row.expiresAt, once));
}
