import { type Conversation, defined, isUuid } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { NewConversation, PublicId } from '../store.ts';
import { deleteConversation, schedule } from './deletion.ts';
import { addToIndexes, directoryOf, removeFromIndexes } from './lists.ts';
import { claimPublicIds, findConversation } from './public-ids.ts';
import type { Begun, IndexEntries, RedisContext } from './record.ts';

/** What came of an opening. */
export interface Opened {
  readonly conversation: Conversation;
  readonly created: boolean;
}

/**
 * See `Store`. The rows lie in many slots; the order makes each step safe to be the last one. First a note for the sweeper, who sees
 * to it that what is there is listed, and that what is not is forgotten. Then the record, which nobody can find yet. Then the ids: who
 * finds one finds a whole conversation, which is listed as soon, and who loses one throws its own away, which nobody saw but in a list.
 * `whenWritten` is called once the record is on its way: what is asked of the conversation after that comes after it. Throws `conflict`
 * if the inner id is taken.
 */
export function openConversation(
  engine: RedisContext,
  draft: NewConversation,
  whenWritten: () => void,
): Promise<Opened> {
  const { conversation, publicIds, numberedIn } = draft;
  const { id, createdAt } = conversation;
  if (Number.isNaN(Date.parse(createdAt)) || !isUuid(id)) {
    const what = `A conversation has a UUID and the time of its creation; got ${id} and ${createdAt}`;
    return Promise.reject(new GatewayError('internal', what));
  }
  if (publicIds.length > 0 || numberedIn !== undefined) return openWithIds(engine, draft, whenWritten);
  const writing = write(engine, conversation, []);
  whenWritten();
  return writing.then((opened) => ({ conversation: opened, created: true }));
}

async function openWithIds(
  engine: RedisContext,
  { conversation, publicIds, numberedIn }: NewConversation,
  whenWritten: () => void,
): Promise<Opened> {
  const { id, tenantId } = conversation;
  for (;;) {
    if (publicIds.length > 0) {
      const found = await findFirst(engine, publicIds);
      if (found !== undefined) return { conversation: found, created: false };
    }
    const number = numberedIn === undefined ? undefined : await drawNumber(engine, { tenantId, space: numberedIn });
    const directory = number === undefined ? publicIds : [number, ...publicIds];
    const writing = write(engine, conversation, directory);
    whenWritten();
    const opened = await writing;
    const [lost] = await Promise.all([
      claimPublicIds(engine, directory, id),
      addToIndexes(engine, id, directoryOf(conversation, directory)),
    ]);
    if (lost === undefined) return { conversation: opened, created: true };
    // Found by one of its ids and spoken in meanwhile, it stays, with the ids that it has.
    if ((await deleteConversation(engine, id, 'unused')) === 'kept') return { conversation: opened, created: true };
    // A number that a caller had chosen as an id is passed over; one that another opening made needless serves the next.
    if (number !== undefined && lost !== number) await giveBack(engine, number);
  }
}

async function findFirst(engine: RedisContext, publicIds: readonly PublicId[]): Promise<Conversation | undefined> {
  const found = await Promise.all(publicIds.map((publicId) => findConversation(engine, publicId)));
  return found.find((conversation) => conversation !== undefined);
}

/**
 * Sends all that it sends at once. Nothing stays of a record whose note for the sweeper could not be made, as on a Cluster without one of
 * its nodes: nobody would see to it.
 */
async function write(
  engine: RedisContext,
  conversation: NewConversation['conversation'],
  publicIds: readonly PublicId[],
): Promise<Conversation> {
  const { signedUser, ...facts } = conversation;
  const { id, createdAt } = facts;
  const begun: Begun = {
    publicIds: Object.fromEntries(publicIds.map((publicId) => [publicId.space, publicId.id])),
    ...facts,
  };
  const directory = directoryOf(conversation, publicIds);
  const tenant = conversation.blocked || conversation.status === 'closed' ? '' : conversation.tenantId;
  const user = conversation.participant.userId ?? '';
  const values = [engine.retentionMs, JSON.stringify(begun), JSON.stringify(directory), tenant, user, signedUser ?? ''];
  const [noted, written, listed] = await Promise.allSettled([
    schedule(engine, id),
    engine.run('openRecord', engine.keys.conversation(id), ...values),
    // A list shows nobody who is not there, or belongs to another: it may come first.
    publicIds.length === 0 ? addToIndexes(engine, id, directory) : undefined,
  ]);
  if (noted.status === 'rejected' && written.status === 'fulfilled' && written.value === 1) {
    await takeBack(engine, id, directory);
  }
  for (const step of [noted, written, listed]) if (step.status === 'rejected') throw step.reason;
  if (written.status === 'fulfilled' && written.value === 0)
    throw new GatewayError('conflict', 'The conversation exists');
  return defined({
    updatedAt: createdAt,
    messageCount: 0,
    remoteIds: {},
    collectedSequence: 0,
    signedUser,
    ...begun,
  });
}

/** Of a conversation whose ids were not claimed yet. What fails here stands for nothing. */
async function takeBack(engine: RedisContext, id: string, directory: IndexEntries): Promise<void> {
  const rows = engine.keys.conversation(id);
  const [, , , , , row] = rows;
  await Promise.allSettled([
    engine.run('removeRecord', rows, 'any'),
    engine.ask((client) => client.del(row), row),
    removeFromIndexes(engine, id, directory),
  ]);
}

/** The next integer of a space. */
async function drawNumber(engine: RedisContext, space: Omit<PublicId, 'id'>): Promise<PublicId> {
  return { ...space, id: String(await engine.run('drawNumber', engine.keys.numbers(space))) };
}

async function giveBack({ ask, keys }: RedisContext, number: PublicId): Promise<void> {
  const [, free] = keys.numbers(number);
  await ask((client) => client.rpush(free, number.id), free);
}
