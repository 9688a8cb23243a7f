import { type Conversation, defined, type Page, type PageRequest } from '../../canonical/index.ts';
import type { ConversationFilter } from '../store.ts';
import { type IndexEntries, type RedisContext, readConversation } from './record.ts';

/** So often a page is read again because some of it was gone; what is left out after that comes with the next question. */
const mostRounds = 10;

/** A step that was begun, and has not ended after so long, is not going to: the sweeper sees to what it left. */
export const graceMs = 60_000;

function listsOf({ tenantId, userId }: IndexEntries): readonly ConversationFilter[] {
  return userId === undefined ? [{ tenantId }] : [{ tenantId }, { tenantId, userId }];
}

/** Puts a conversation in its lists, where it may stand already. */
export function addToIndexes({ ask, keys }: RedisContext, id: string, directory: IndexEntries): Promise<unknown> {
  const moment = Date.parse(directory.createdAt);
  const [first, ...more] = listsOf(directory).map((list) => {
    const row = keys.list(list);
    return ask((client) => client.zadd(row, 'NX', moment, id), row);
  });
  return first !== undefined && more.length === 0 ? first : Promise.all([first, ...more]);
}

export async function removeFromIndexes(
  { ask, keys }: RedisContext,
  id: string,
  directory: IndexEntries,
): Promise<void> {
  const rows = listsOf(directory).map((list) => keys.list(list));
  await Promise.all(rows.map((row) => ask((client) => client.zrem(row, id), row)));
}

/**
 * See `Store`. Lists and records lie in different slots: who stands in a list and is not there any more, or does not belong there,
 * is taken out of it here, unless it may be on its way.
 */
export async function listConversations(
  engine: RedisContext,
  filter: ConversationFilter,
  { offset, limit, order }: PageRequest,
): Promise<Page<Conversation>> {
  const { ask, run, keys } = engine;
  const list = keys.list(filter);
  const span = [String(offset), String(offset + limit - 1)] as const;
  for (let round = 1; ; round += 1) {
    const [total, ids] = await Promise.all([
      ask((client) => client.zcard(list)),
      limit <= 0
        ? []
        : ask((client) => (order === 'ascending' ? client.zrange(list, ...span) : client.zrange(list, ...span, 'REV'))),
    ]);
    const read = await Promise.all(ids.map((id) => readConversation(engine, id)));
    const entries = read.flatMap((conversation) =>
      conversation !== undefined && belongs(conversation, filter) ? [conversation] : [],
    );
    const strays = ids.filter((id) => !entries.some((conversation) => conversation.id === id));
    const dropped = strays.length === 0 ? 0 : await run('dropStrays', [list], graceMs, ...strays);
    if (dropped === 0 || round === mostRounds) return { entries, total, offset, limit };
  }
}

const belongs = ({ tenantId, participant }: Conversation, filter: ConversationFilter): boolean =>
  tenantId === filter.tenantId && (filter.userId === undefined || participant.userId === filter.userId);

/** In which lists a conversation is to stand, and by which ids it is to be found. */
export function directoryOf(
  { tenantId, participant: { userId }, createdAt }: Pick<Conversation, 'tenantId' | 'participant' | 'createdAt'>,
  publicIds: IndexEntries['publicIds'],
): IndexEntries {
  return defined({ tenantId, userId, createdAt, publicIds });
}
