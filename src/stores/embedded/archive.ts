import { isDeepStrictEqual } from 'node:util';
import { defined, type Message, type MigrationState, type StageChange } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import {
  type ArchivedConversation,
  type ConversationPut,
  gapBefore,
  type MessagesPut,
  type NumberSpace,
} from '../archive-book.ts';
import type { Draft } from './commit-queue.ts';
import { listConversation, type Rows, readConversation, requireConversation } from './conversations.ts';
import type { Database } from './database.ts';
import {
  conversationIdIn,
  conversationsAfter,
  directoryKey,
  droppedKey,
  messageKey,
  migrationKey,
  nudgesKey,
  numbersKey,
  operatorMessageKey,
  publicIdKey,
  recordKey,
  stageKey,
} from './keys.ts';
import { readDropped } from './messages.ts';

const pageSize = 200;

/** See `ArchiveBook`. All rows of a conversation stand together: of each one row is looked at. */
export async function* archivedIds(database: Database): AsyncGenerator<readonly string[], void, void> {
  for (let after = ''; ; ) {
    const ids: string[] = [];
    while (ids.length < pageSize) {
      const [row] = database.entries(conversationsAfter(after), { limit: 1 });
      if (row === undefined) break;
      after = conversationIdIn(row.key);
      ids.push(after);
    }
    yield ids;
    if (ids.length < pageSize) return;
  }
}

/** See `ArchiveBook`. */
export function readArchived(rows: Rows, id: string): ArchivedConversation | undefined {
  const conversation = readConversation(rows, id);
  if (conversation === undefined) return undefined;
  const { publicIds = [] } = rows.get(directoryKey(id)) ?? {};
  return { conversation, publicIds, nudges: rows.get(nudgesKey(id)) ?? { last: 0, waiting: [] } };
}

/** See `ArchiveBook`. */
export function putArchived(draft: Draft, { conversation, publicIds, nudges }: ArchivedConversation): ConversationPut {
  const { id } = conversation;
  const isNew = readConversation(draft, id) === undefined;
  if (isNew) {
    listConversation(draft, { ...conversation, messageCount: 0 }, publicIds);
    if (nudges.last > 0) draft.put(nudgesKey(id), nudges);
  }
  let lost: ConversationPut['lost'];
  for (const publicId of publicIds) {
    const key = publicIdKey(publicId);
    const owner = draft.get(key);
    const isFree = owner === undefined || owner === id || draft.get(recordKey(owner)) === undefined;
    if (!isFree) lost ??= publicId;
    else if (owner !== id) draft.put(key, id);
  }
  return defined({ isNew, lost });
}

/** See `ArchiveBook`. */
export function putMessages(draft: Draft, id: string, messages: readonly Message[]): MessagesPut {
  const conversation = requireConversation(draft, id);
  const [first] = messages;
  let count = conversation.messageCount;
  if (count === 0 && first !== undefined && first.sequence > 1) draft.put(droppedKey(id), first.sequence - 1);
  const dropped = readDropped(draft, id);
  let different = 0;
  for (const message of messages) {
    const { sequence } = message;
    if (sequence > dropped + count + 1) throw new GatewayError('conflict', gapBefore(sequence));
    if (sequence > dropped + count) {
      draft.put(messageKey(id, sequence), { message });
      if (message.role === 'operator') draft.put(operatorMessageKey(id, sequence), sequence);
      count += 1;
    } else if (sequence > dropped && !isDeepStrictEqual(draft.get(messageKey(id, sequence))?.message, message)) {
      different += 1;
    }
  }
  const stored = count - conversation.messageCount;
  if (stored > 0) draft.put(recordKey(id), { ...conversation, messageCount: count });
  return { stored, different };
}

/** See `ArchiveBook`. */
export const lastNumber = (rows: Rows, { tenantId, space }: NumberSpace): number =>
  rows.get(numbersKey(tenantId, space)) ?? 0;

/** See `ArchiveBook`. */
export function raiseNumber(draft: Draft, space: NumberSpace, number: number): void {
  if (lastNumber(draft, space) < number) draft.put(numbersKey(space.tenantId, space.space), number);
}

/** See `ArchiveBook`. */
export function putMigration(draft: Draft, state: MigrationState, history: readonly StageChange[]): boolean {
  const { name, revision } = state;
  if (draft.get(migrationKey(name)) !== undefined) return false;
  draft.put(migrationKey(name), state);
  for (const [age, change] of history.entries()) draft.put(stageKey(name, revision - age), change);
  return true;
}
