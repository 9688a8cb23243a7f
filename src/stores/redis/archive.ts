import { defined, type Message, type MigrationState, type Nudge, type StageChange } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import {
  type ArchivedConversation,
  type ConversationPut,
  gapBefore,
  type MessagesPut,
  type NumberSpace,
} from '../archive-book.ts';
import { readDirectory, schedule } from './deletion.ts';
import { addToIndexes, directoryOf } from './lists.ts';
import { claimEachPublicId } from './public-ids.ts';
import { type Begun, decodeRecord, encodeChange, found, type RedisContext, rowsOf } from './record.ts';
import { decodeNudge } from './visitors.ts';

/** So many of a shard are asked for at a time. */
const pageSize = 1_000;

/** See `ArchiveBook`. Every conversation has a note for the sweeper; the ids of one shard of the notes, a sixteenth, are held at a time. */
export async function* archivedIds({ ask, keys }: RedisContext): AsyncGenerator<readonly string[], void, void> {
  for (const due of keys.everyDue) {
    const ids = new Set<string>();
    let cursor = '0';
    do {
      const [next, pairs] = await ask((client) => client.zscan(due, cursor, 'COUNT', pageSize), due);
      cursor = next;
      for (let at = 0; at < pairs.length; at += 2) ids.add(pairs[at] ?? '');
    } while (cursor !== '0');
    yield [...ids].sort();
  }
}

/** See `ArchiveBook`. */
export async function readArchived(engine: RedisContext, id: string): Promise<ArchivedConversation | undefined> {
  const { ask } = engine;
  const [record, , , nudges] = rowsOf(engine, id);
  const [fields, waiting, directory] = await Promise.all([
    ask((client) => client.hgetall(record), record),
    ask((client) => client.lrange(nudges, 0, -1), nudges),
    readDirectory(engine, id),
  ]);
  const conversation = decodeRecord(Object.entries(fields));
  if (conversation === undefined) return undefined;
  const { publicIds = [] } = directory ?? {};
  const last = Number(fields['nudged'] ?? 0);
  return { conversation, publicIds, nudges: { last, waiting: waiting.map(decodeNudge) } };
}

/** See `ArchiveBook`. In the order of `openConversation`, each step of which may be the last one; whoever comes again finishes them. */
export async function putArchived(engine: RedisContext, archived: ArchivedConversation): Promise<ConversationPut> {
  const { conversation, publicIds } = archived;
  const { id } = conversation;
  const directory = directoryOf(conversation, publicIds);
  await schedule(engine, id);
  const isNew = (await engine.run('putRecord', rowsOf(engine, id), ...recordValues(engine, archived))) === 1;
  const [lost] = await Promise.all([claimEachPublicId(engine, publicIds, id), addToIndexes(engine, id, directory)]);
  return defined({ isNew, lost });
}

function recordValues({ retentionMs }: RedisContext, { conversation, publicIds, nudges }: ArchivedConversation) {
  const { signedUser, messageCount: _, collectedSequence, remoteIds, ...facts } = conversation;
  const { updatedAt, lastMessageAt, mode, status, blocked, ...rest } = facts;
  const begun: Begun = { ...rest, mode: 'ai', status: 'active', blocked: false };
  const changes = encodeChange({
    ...(mode !== 'ai' && { mode }),
    ...(status !== 'active' && { status }),
    ...(blocked && { blocked }),
    remoteIds,
    updatedAt,
  });
  const spoken = lastMessageAt === undefined ? [] : ['["lastMessageAt"]', JSON.stringify(lastMessageAt)];
  const waiting = nudges.waiting.map(
    ({ id, ...nudge }) => `${id} ${JSON.stringify(nudge satisfies Omit<Nudge, 'id'>)}`,
  );
  const directory = directoryOf(conversation, publicIds);
  const owners = [conversation.tenantId, conversation.participant.userId ?? '', signedUser ?? ''];
  const counts = [collectedSequence, nudges.last, waiting.length];
  return [
    retentionMs,
    JSON.stringify(begun),
    JSON.stringify(directory),
    ...owners,
    ...counts,
    ...waiting,
    ...changes,
    ...spoken,
  ];
}

/** See `ArchiveBook`. */
export async function putMessages(
  engine: RedisContext,
  id: string,
  messages: readonly Message[],
): Promise<MessagesPut> {
  const rows = rowsOf(engine, id);
  const [first] = messages;
  if (first === undefined) return { stored: 0, different: 0 };
  const values = messages.flatMap(({ sequence: _, ...message }) => [
    message.role === 'operator' ? 1 : 0,
    JSON.stringify(message),
  ]);
  const reply = await engine.run('putMessages', rows, engine.retentionMs, first.sequence, ...values);
  const [stored, different, missing] = found(reply, id);
  if (missing > 0) throw new GatewayError('conflict', gapBefore(missing));
  return { stored, different };
}

/** See `ArchiveBook`. */
export async function lastNumber({ ask, keys }: RedisContext, space: NumberSpace): Promise<number> {
  const [last] = keys.numbers(space);
  return Number(await ask((client) => client.get(last), last));
}

/** See `ArchiveBook`. */
export async function raiseNumber({ run, keys }: RedisContext, space: NumberSpace, number: number): Promise<void> {
  await run('raiseNumber', keys.numbers(space), number);
}

/** See `ArchiveBook`. */
export async function putMigration(
  { run, keys }: RedisContext,
  state: MigrationState,
  history: readonly StageChange[],
) {
  const changes = history.map((change) => JSON.stringify(change)).reverse();
  return (
    (await run(
      'putMigration',
      keys.migration(state.name),
      `${state.revision} ${JSON.stringify(state)}`,
      ...changes,
    )) === 1
  );
}
