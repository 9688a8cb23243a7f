import { type Conversation, isUuid, type Message, type Page, type PageRequest } from '../../canonical/index.ts';
import type { NewMessage } from '../store.ts';
import { rowValues } from './idempotency.ts';
import { decodeFields, found, notFound, type RedisContext, rowsOf } from './record.ts';

/** No conversation has so many messages; beyond it Redis would not read a number. */
const farthest = 2 ** 31;

/** See `Store`: one without an idempotency key. */
export function appendMessage(engine: RedisContext, message: NewMessage): Promise<{ readonly message: Message }> {
  const { conversationId } = message;
  if (!isUuid(conversationId)) return Promise.reject(notFound(conversationId));
  const values = [...rowValues(engine, message), '', '', ''];
  return engine.run('appendMessage', rowsOf(engine, conversationId), ...values).then((place) => {
    const [sequence, , isFollowed] = found(place, conversationId);
    engine.noteFollowed(conversationId, isFollowed === 1);
    return { message: { sequence, ...message } };
  });
}

/** See `Store`. */
export async function continueConversation(
  engine: RedisContext,
  message: NewMessage,
  tenantId: string,
): Promise<{ readonly conversation: Conversation; readonly message?: Message } | undefined> {
  const { conversationId } = message;
  if (!isUuid(conversationId)) return undefined;
  const values = [...rowValues(engine, message), tenantId, message.author?.userId ?? ''];
  const reply = await engine.run('continueRecord', engine.keys.conversation(conversationId), ...values);
  const conversation = decodeFields(reply?.[0] ?? []);
  if (reply === null || conversation?.tenantId !== tenantId) return undefined;
  const [, sequence, isFollowed] = reply;
  engine.noteFollowed(conversationId, isFollowed === 1);
  return sequence === 0 ? { conversation } : { conversation, message: { sequence, ...message } };
}

/** A page of a conversation's messages. */
export async function listMessages(engine: RedisContext, id: string, page: PageRequest): Promise<Page<Message>> {
  const { offset, limit, order } = page;
  const { total, entries } = await readMessages(engine, id, order, { from: offset, limit });
  return { entries: order === 'ascending' ? entries : entries.toReversed(), total, offset, limit };
}

export async function messagesAfter(engine: RedisContext, id: string, sequence: number, limit: number) {
  return (await readMessages(engine, id, 'after', { from: Math.max(sequence, 0), limit })).entries;
}

/** Oldest first, how many there are besides. `from` is a sequence for those after it, and how many to skip otherwise. */
async function readMessages(
  engine: RedisContext,
  id: string,
  which: PageRequest['order'] | 'after',
  { from, limit }: { readonly from: number; readonly limit: number },
) {
  const reply = await engine.run('readMessages', rowsOf(engine, id), which, Math.min(from, farthest), limit);
  const [total, first, rows] = found(reply, id);
  return { total, entries: rows.map((text, index) => decodeMessage(text, first + index)) };
}

export async function latestMessages(engine: RedisContext, id: string, limit: number) {
  return (await listMessages(engine, id, { offset: 0, limit, order: 'descending' })).entries.toReversed();
}

export async function readMessage(engine: RedisContext, id: string, sequence: number): Promise<Message | undefined> {
  if (!Number.isInteger(sequence) || sequence < 1 || sequence > farthest) return undefined;
  if (!isUuid(id)) return undefined;
  const [, first, [text] = []] =
    (await engine.run('readMessages', engine.keys.conversation(id), 'after', sequence - 1, 1)) ?? [];
  return text === undefined || first !== sequence ? undefined : decodeMessage(text, sequence);
}

export async function operatorMessagesAfter(engine: RedisContext, id: string, sequence: number, limit: number) {
  const after = Math.min(Math.max(sequence, 0), farthest);
  const pairs = found(await engine.run('readInbox', rowsOf(engine, id), after, limit), id);
  return pairs.flatMap((text, index) => (index % 2 === 0 ? [] : [decodeMessage(text, Number(pairs[index - 1]))]));
}

/** Its sequence follows from its place in the list. */
export function decodeMessage(text: string, sequence: number): Message {
  return { sequence, ...(JSON.parse(text) as NewMessage) }; // what `rowValues` made
}
