import type { Conversation, Message, Page, PageRequest } from '../../canonical/index.ts';
import {
  type Begun,
  type IdempotencyEntry,
  type IdempotencyKey,
  isAnothers,
  type NewConversation,
  type NewMessage,
  type NewOnce,
} from '../store.ts';
import type { Draft } from './commit-queue.ts';
import { openConversation, type Rows, readConversation, requireConversation } from './conversations.ts';
import type { Database } from './database.ts';
import { answerOnce, type Clock, dropOnce, readOnce, takeOnce } from './idempotency.ts';
import { droppedKey, inboxRange, messageKey, operatorMessageKey, recordKey } from './keys.ts';

/** What every change of messages goes by. */
export interface MessageSettings {
  readonly now: Clock;
  /** How many messages a conversation keeps. */
  readonly maxMessages: number;
}

/** See `Store`. */
export function beginConversation(
  draft: Draft,
  opened: NewConversation,
  message: NewMessage,
  { once, ...settings }: MessageSettings & { readonly once: NewOnce | undefined },
): Begun {
  const taken = once && readOnce(draft, once.key, settings.now);
  if (taken !== undefined) return { taken };
  const { conversation } = openConversation(draft, opened);
  const appended = appendMessage(draft, message, once, settings);
  return 'taken' in appended ? appended : { conversation, message: appended.message };
}

/** Where a lower bound is new, a message drops at most so many, so that none holds up the loop. */
const mostDropped = 100;

/** See `Store`. */
export function appendMessage(
  draft: Draft,
  message: NewMessage,
  once: NewOnce | undefined,
  { now, maxMessages }: MessageSettings,
): { readonly message: Message } | { readonly taken: IdempotencyEntry } {
  const conversation = requireConversation(draft, message.conversationId);
  const { id, messageCount } = conversation;
  const sequence = readDropped(draft, id) + messageCount + 1;
  const stored: Message = { sequence, ...message };
  const claim = once && takeOnce(draft, once, stored, now);
  if (claim !== undefined && 'taken' in claim) return claim;
  draft.put(
    messageKey(id, sequence),
    once && claim
      ? { message: stored, once: { digest: claim.digest, fingerprint: once.fingerprint } }
      : { message: stored },
  );
  if (message.role === 'operator') draft.put(operatorMessageKey(id, sequence), sequence);
  const { createdAt } = message;
  draft.put(recordKey(id), {
    ...conversation,
    updatedAt: createdAt,
    lastMessageAt: createdAt,
    messageCount: messageCount + 1 - dropOldest(draft, id, messageCount + 1 - maxMessages),
  });
  return { message: stored };
}

/** How many of the oldest messages were dropped: a message's place among those that are there is its sequence without these. */
export function readDropped(rows: Rows, id: string): number {
  return rows.get(droppedKey(id)) ?? 0;
}

/** Gives how many it dropped. */
function dropOldest(draft: Draft, id: string, excess: number): number {
  if (excess <= 0) return 0;
  const dropping = Math.min(excess, mostDropped);
  const before = readDropped(draft, id);
  for (let sequence = before + 1; sequence <= before + dropping; sequence += 1) removeMessage(draft, id, sequence);
  draft.put(droppedKey(id), before + dropping);
  return dropping;
}

/** Removes a message from everywhere but the count, with its idempotency key. */
export function removeMessage(draft: Draft, id: string, sequence: number): void {
  const row = draft.get(messageKey(id, sequence));
  if (row?.once !== undefined) dropOnce(draft, row.once.digest, row.message);
  if (row?.message.role === 'operator') draft.remove(operatorMessageKey(id, sequence));
  draft.remove(messageKey(id, sequence));
}

/** See `Store`. */
export function continueConversation(
  draft: Draft,
  message: NewMessage,
  tenantId: string,
  settings: MessageSettings,
): { readonly conversation: Conversation; readonly message?: Message } | undefined {
  const conversation = readConversation(draft, message.conversationId);
  if (conversation?.tenantId !== tenantId) return undefined;
  const { blocked, status } = conversation;
  if (blocked || status === 'closed' || isAnothers(conversation, message.author ?? {})) return { conversation };
  return { conversation, message: append(draft, message, settings) };
}

/** See `Store`. */
export function appendReply(
  draft: Draft,
  reply: NewMessage,
  once: IdempotencyKey | undefined,
  settings: MessageSettings,
): Message {
  const { now } = settings;
  const answers = once !== undefined && reply.status === 'complete';
  const answered = answers ? readOnce(draft, once, now)?.replySequence : undefined;
  const before = answered === undefined ? undefined : readMessage(draft, reply.conversationId, answered);
  if (before !== undefined) return before;
  const message = append(draft, reply, settings);
  if (answers) answerOnce(draft, once, message, now);
  return message;
}

function append(draft: Draft, message: NewMessage, settings: MessageSettings): Message {
  const appended = appendMessage(draft, message, undefined, settings);
  if (!('message' in appended)) throw new Error('A message without an idempotency key was taken for a repeated one');
  return appended.message;
}

export function readMessage(rows: Rows, conversationId: string, sequence: number): Message | undefined {
  if (readConversation(rows, conversationId) === undefined || !(sequence >= 1)) return undefined;
  return rows.get(messageKey(conversationId, sequence))?.message;
}

/** A page of a conversation's messages. Their sequence numbers have no gaps, so that a place in the list leads to a key. */
export function listMessages(rows: Rows, conversationId: string, { offset, limit, order }: PageRequest): Page<Message> {
  const { dropped, last, total } = spanOf(rows, conversationId);
  const entries =
    order === 'ascending'
      ? readSpan(rows, conversationId, dropped + offset + 1, Math.min(dropped + offset + limit, last))
      : readSpan(rows, conversationId, Math.max(last - offset - limit, dropped) + 1, last - offset).reverse();
  return { entries, total, offset, limit };
}

export function messagesAfter(rows: Rows, conversationId: string, sequence: number, limit: number) {
  const { dropped, last } = spanOf(rows, conversationId);
  const first = Math.max(sequence, dropped) + 1;
  return readSpan(rows, conversationId, first, Math.min(first + limit - 1, last));
}

export function operatorMessagesAfter(database: Database, conversationId: string, sequence: number, limit: number) {
  const { id } = requireConversation(database, conversationId);
  const inbox = database.entries(inboxRange(id, Math.max(sequence, 0)), { limit });
  return inbox.flatMap(({ value }) => database.get(messageKey(id, value))?.message ?? []);
}

export function latestMessages(rows: Rows, conversationId: string, limit: number) {
  const { dropped, last } = spanOf(rows, conversationId);
  return readSpan(rows, conversationId, Math.max(last - limit, dropped) + 1, last);
}

/** The messages that are there: `total` of them, after `dropped` up to `last`. */
function spanOf(rows: Rows, conversationId: string) {
  const { messageCount: total } = requireConversation(rows, conversationId);
  const dropped = readDropped(rows, conversationId);
  return { dropped, last: dropped + total, total };
}

function readSpan(rows: Rows, id: string, first: number, last: number) {
  const messages: Message[] = [];
  for (let sequence = first; sequence <= last; sequence += 1) {
    const row = rows.get(messageKey(id, sequence));
    if (row !== undefined) messages.push(row.message);
  }
  return messages;
}
