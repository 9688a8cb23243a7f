import { type Conversation, defined, isUuid, type Page, type PageRequest } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ConversationChange, ConversationFilter, NewConversation, PublicId } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import type { Database } from './database.ts';
import {
  ageKey,
  countKey,
  directoryKey,
  type Key,
  listKey,
  listRange,
  numbersKey,
  publicIdKey,
  recordKey,
  tombstoneKey,
} from './keys.ts';

/** Where a row is read: committed, or as a change sees it. */
export interface Rows {
  get<V>(key: Key<V>): V | undefined;
}

export function readConversation(rows: Rows, id: string): Conversation | undefined {
  return isUuid(id) ? rows.get(recordKey(id)) : undefined;
}

/** Throws `not-found`. */
export function requireConversation(rows: Rows, id: string): Conversation {
  const conversation = readConversation(rows, id);
  if (conversation !== undefined) return conversation;
  throw new GatewayError('not-found', 'Conversation not found', { subject: { kind: 'conversation', id } });
}

export function findConversation(rows: Rows, publicId: PublicId): Conversation | undefined {
  const id = rows.get(publicIdKey(publicId));
  return id === undefined ? undefined : rows.get(recordKey(id));
}

/** See `Store`. Throws `conflict` if another conversation has, or had until now, the same inner id. */
export function openConversation(draft: Draft, { conversation, publicIds, numberedIn }: NewConversation) {
  for (const publicId of publicIds) {
    const found = findConversation(draft, publicId);
    if (found !== undefined) return { conversation: found, created: false };
  }
  const { id, tenantId } = conversation;
  const directory =
    numberedIn === undefined ? publicIds : [...publicIds, nextNumber(draft, { tenantId, space: numberedIn })];
  const opened: Conversation = {
    updatedAt: conversation.createdAt,
    messageCount: 0,
    publicIds: Object.fromEntries(directory.map((publicId) => [publicId.space, publicId.id])),
    remoteIds: {},
    collectedSequence: 0,
    ...conversation,
  };
  listConversation(draft, opened, directory);
  for (const publicId of directory) draft.put(publicIdKey(publicId), id);
  return { conversation: opened, created: true };
}

/** Puts a conversation where it is listed, and is told by its age. Throws `conflict` if another one has, or had until now, its inner id. */
export function listConversation(draft: Draft, conversation: Conversation, publicIds: readonly PublicId[]): void {
  const { id, createdAt } = conversation;
  const age = Date.parse(createdAt);
  if (Number.isNaN(age)) throw new GatewayError('internal', `createdAt is a time; got ${createdAt}`);
  if (!isUuid(id)) throw new GatewayError('internal', `A conversation's id is a UUID; got ${id}`);
  if (draft.get(recordKey(id)) !== undefined || draft.get(tombstoneKey(id)) !== undefined) {
    throw new GatewayError('conflict', 'The conversation exists');
  }
  draft.put(directoryKey(id), { publicIds, age });
  draft.put(recordKey(id), conversation);
  draft.put(ageKey(age, id), id);
  for (const list of listsOf(conversation)) {
    draft.put(listKey(list, conversation), id);
    draft.put(countKey(list), (draft.get(countKey(list)) ?? 0) + 1);
  }
}

/** The next integer of a space that no caller has chosen as an id already. */
function nextNumber(draft: Draft, { tenantId, space }: Omit<PublicId, 'id'>): PublicId {
  const counter = numbersKey(tenantId, space);
  for (let number = (draft.get(counter) ?? 0) + 1; ; number += 1) {
    const publicId = { tenantId, space, id: String(number) };
    if (draft.get(publicIdKey(publicId)) !== undefined) continue;
    draft.put(counter, number);
    return publicId;
  }
}

function listsOf({ tenantId, participant: { userId } }: Conversation): readonly ConversationFilter[] {
  return userId === undefined ? [{ tenantId }] : [{ tenantId }, { tenantId, userId }];
}

export function changeConversation(draft: Draft, id: string, change: ConversationChange): Conversation {
  const before = requireConversation(draft, id);
  const { signedUser = change.signedUser } = before;
  if (change.signedUser !== undefined && change.signedUser !== signedUser) return before;
  const { contact, rating, remoteIds, collectedSequence, ...replaced } = change;
  const after: Conversation = {
    ...before,
    ...defined(replaced),
    ...(contact && { contact: { ...before.contact, ...contact } }),
    ...(rating && { rating: { ...before.rating, ...rating } }),
    ...(remoteIds && { remoteIds: { ...before.remoteIds, ...remoteIds } }),
    collectedSequence: Math.max(before.collectedSequence, collectedSequence ?? 0),
  };
  draft.put(recordKey(id), after);
  return after;
}

/** Takes the conversation out of every list and directory; its messages are left. */
export function unlistConversation(draft: Draft, conversation: Conversation): void {
  const { id } = conversation;
  const directory = draft.get(directoryKey(id));
  for (const publicId of directory?.publicIds ?? []) {
    const key = publicIdKey(publicId);
    // One that was imported may name an id that another one has.
    if (draft.get(key) === id) draft.remove(key);
  }
  if (directory !== undefined) draft.remove(ageKey(directory.age, id));
  draft.remove(directoryKey(id));
  draft.remove(recordKey(id));
  for (const list of listsOf(conversation)) {
    draft.remove(listKey(list, conversation));
    const count = (draft.get(countKey(list)) ?? 1) - 1;
    if (count > 0) draft.put(countKey(list), count);
    else draft.remove(countKey(list));
  }
}

export function listConversations(
  database: Database,
  filter: ConversationFilter,
  { offset, limit, order }: PageRequest,
): Page<Conversation> {
  const rows = database.entries(listRange(filter), { offset, limit, reverse: order === 'descending' });
  const entries = rows.flatMap(({ value: id }) => database.get(recordKey(id)) ?? []);
  return { entries, total: database.get(countKey(filter)) ?? 0, offset, limit };
}
