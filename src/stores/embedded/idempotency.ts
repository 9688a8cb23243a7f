import { defined } from '../../canonical/index.ts';
import type { IdempotencyEntry, IdempotencyKey, NewOnce } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import type { Rows } from './conversations.ts';
import {
  answerKey,
  expiryKey,
  type IdempotencyDigest,
  type IdempotencyRow,
  idempotencyDigest,
  idempotencyRowKey,
  messageKey,
} from './keys.ts';

/** Milliseconds since the epoch. */
export type Clock = () => number;

interface Place {
  readonly conversationId: string;
  readonly sequence: number;
}

/** The entry of an idempotency key that has not expired. */
export function readOnce(rows: Rows, key: IdempotencyKey, now: Clock): IdempotencyEntry | undefined {
  return readEntry(rows, idempotencyDigest(key), now);
}

function readEntry(rows: Rows, digest: IdempotencyDigest, now: Clock): IdempotencyEntry | undefined {
  const row = readLive(rows, digest, now);
  if (row === undefined) return undefined;
  const { conversationId, sequence, expiresAt } = row;
  const asked = rows.get(messageKey(conversationId, sequence));
  if (asked?.once === undefined) return undefined;
  const replySequence = rows.get(answerKey(conversationId, sequence));
  const { fingerprint } = asked.once;
  return defined({ conversationId, messageId: asked.message.id, fingerprint, expiresAt, replySequence });
}

function readLive(rows: Rows, digest: IdempotencyDigest, now: Clock): IdempotencyRow | undefined {
  const row = rows.get(idempotencyRowKey(digest));
  return row !== undefined && row.expiresAt > now() ? row : undefined;
}

/** Gives an idempotency key to a message, or says what it stands for already. */
export function takeOnce(
  draft: Draft,
  { key, expiresAt }: NewOnce,
  { conversationId, sequence }: Place,
  now: Clock,
): { readonly digest: IdempotencyDigest } | { readonly taken: IdempotencyEntry } {
  const digest = idempotencyDigest(key);
  const taken = readEntry(draft, digest, now);
  if (taken !== undefined) return { taken };
  draft.put(idempotencyRowKey(digest), { conversationId, sequence, expiresAt });
  draft.put(expiryKey(expiresAt, digest), digest);
  return { digest };
}

/** Marks the turn as answered, beside its message, where the reply is written too: the key's own page is left alone. */
export function answerOnce(draft: Draft, key: IdempotencyKey, reply: Place, now: Clock): void {
  const row = readLive(draft, idempotencyDigest(key), now);
  if (row?.conversationId !== reply.conversationId) return;
  draft.put(answerKey(row.conversationId, row.sequence), reply.sequence);
}

/** Forgets an idempotency key, if it still stands for this message. */
export function dropOnce(draft: Draft, digest: IdempotencyDigest, { conversationId, sequence }: Place): void {
  draft.remove(answerKey(conversationId, sequence));
  const row = draft.get(idempotencyRowKey(digest));
  if (row?.conversationId !== conversationId || row.sequence !== sequence) return;
  draft.remove(idempotencyRowKey(digest));
  draft.remove(expiryKey(row.expiresAt, digest));
}
