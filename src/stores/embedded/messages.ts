import type { Conversation, Message, Page, PageRequest } from '../../canonical/index.ts';
import type { NewMessage, OnceEntry, OnceKey } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import { type Rows, readConversation, requireConversation } from './conversations.ts';
import type { Database } from './database.ts';
import { inboxRange, messageKey, operatorMessageKey, recordKey } from './keys.ts';
import { answerOnce, type Clock, type NewOnce, readOnce, takeOnce } from './once.ts';

/** See `Store`. */
export function appendMessage(
  draft: Draft,
  message: NewMessage,
  once: NewOnce | undefined,
  now: Clock,
): { readonly message: Message } | { readonly taken: OnceEntry } {
  const conversation = requireConversation(draft, message.conversationId);
  const { id, messageCount } = conversation;
  const sequence = messageCount + 1;
  const stored: Message = { ...message, sequence };
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
    messageCount: sequence,
  });
  return { message: stored };
}

/** See `Store`. */
export function continueConversation(
  draft: Draft,
  message: NewMessage,
  tenantId: string,
  now: Clock,
): { readonly conversation: Conversation; readonly message?: Message } | undefined {
  const conversation = readConversation(draft, message.conversationId);
  if (conversation?.tenantId !== tenantId) return undefined;
  if (conversation.blocked || conversation.status === 'closed') return { conversation };
  return { conversation, message: append(draft, message, now) };
}

/** See `Store`. */
export function appendReply(draft: Draft, reply: NewMessage, once: OnceKey | undefined, now: Clock): Message {
  const answers = once !== undefined && reply.status === 'complete';
  const answered = answers ? readOnce(draft, once, now)?.replySequence : undefined;
  const before = answered === undefined ? undefined : readMessage(draft, reply.conversationId, answered);
  if (before !== undefined) return before;
  const message = append(draft, reply, now);
  if (answers) answerOnce(draft, once, message, now);
  return message;
}

function append(draft: Draft, message: NewMessage, now: Clock): Message {
  const appended = appendMessage(draft, message, undefined, now);
  if (!('message' in appended)) throw new Error('A message without a once-key was taken for a repeated one');
  return appended.message;
}

export function readMessage(rows: Rows, conversationId: string, sequence: number): Message | undefined {
  if (readConversation(rows, conversationId) === undefined || !(sequence >= 1)) return undefined;
  return rows.get(messageKey(conversationId, sequence))?.message;
}

/** A page of a conversation's messages. Their sequence numbers have no gaps, so that a place in the list is a key. */
export function listMessages(rows: Rows, conversationId: string, { offset, limit, order }: PageRequest): Page<Message> {
  const { messageCount: total } = requireConversation(rows, conversationId);
  const entries =
    order === 'ascending'
      ? readSpan(rows, conversationId, { first: offset + 1, last: Math.min(offset + limit, total) })
      : readSpan(rows, conversationId, {
          first: Math.max(total - offset - limit + 1, 1),
          last: total - offset,
        }).reverse();
  return { entries, total, offset, limit };
}

export function messagesAfter(rows: Rows, conversationId: string, sequence: number, limit: number) {
  const { messageCount } = requireConversation(rows, conversationId);
  const first = Math.max(sequence, 0) + 1;
  return readSpan(rows, conversationId, { first, last: Math.min(first + limit - 1, messageCount) });
}

export function operatorMessagesAfter(database: Database, conversationId: string, sequence: number, limit: number) {
  const { id } = requireConversation(database, conversationId);
  const inbox = database.entries(inboxRange(id, Math.max(sequence, 0)), { limit });
  return inbox.flatMap(({ value }) => database.get(messageKey(id, value))?.message ?? []);
}

export function latestMessages(rows: Rows, conversationId: string, limit: number) {
  const { messageCount: last } = requireConversation(rows, conversationId);
  return readSpan(rows, conversationId, { first: Math.max(last - limit + 1, 1), last });
}

function readSpan(rows: Rows, id: string, { first, last }: { readonly first: number; readonly last: number }) {
  const messages: Message[] = [];
  for (let sequence = first; sequence <= last; sequence += 1) {
    const row = rows.get(messageKey(id, sequence));
    if (row !== undefined) messages.push(row.message);
  }
  return messages;
}
