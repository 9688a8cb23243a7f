import { LRUCache } from 'lru-cache';
import { defined } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { defaultAuditBounds } from '../audit-book.ts';
import { defaultMaxMessages, type StoreBounds } from '../bounds.ts';
import { openElsewhere, type Store } from '../store.ts';
import * as archive from './archive.ts';
import { auditEntries, enterAudit, strikeAudit } from './audit.ts';
import { checkMasters } from './check.ts';
import { type Connection, connect, type RedisPlace } from './connection.ts';
import { deleteConversation } from './deletion.ts';
import { type FormatMark, openFormat } from './format.ts';
import { appendIdempotent, readIdempotencyEntry } from './idempotency.ts';
import * as images from './images.ts';
import { createKeys } from './keys.ts';
import { listConversations } from './lists.ts';
import * as messages from './messages.ts';
import * as comparisons from './migrations.ts';
import * as migrations from './migrations.ts';
import { openConversation } from './opening.ts';
import { createOpenings } from './openings.ts';
import { findConversation } from './public-ids.ts';
import { changeConversation, type RedisContext, readConversation } from './record.ts';
import { type Replication, watchReplication } from './replication.ts';
import { appendReply, keepReply } from './replies.ts';
import { startSweeper } from './sweeper.ts';
import { addNudge, ensureUser, takeNudges } from './visitors.ts';

export type { RedisPlace } from './connection.ts';

export interface RedisStoreOptions extends StoreBounds {
  readonly place: RedisPlace;
  /** What all keys begin with: installations that share a Redis have different ones. */
  readonly prefix: string;
  /** Conversations without a change for so many days are gone, and users who did not come; absent: none is. */
  readonly retentionDays?: number;
  /**
   * What a promise that has resolved says of a change. `relaxed`, the default: Redis has it, and writes it to disk as it is configured
   * to; what it loses in a crash, or in a failover, is lost. `acknowledged`: where Redis has replicas, one of them has it too; with
   * `appendonly yes` and `appendfsync always` in the configuration of Redis it is also on disk.
   */
  readonly durability?: 'relaxed' | 'acknowledged';
  /** How long an answer of Redis is waited for, in milliseconds; two seconds unless told. */
  readonly withinMs?: number;
  /** Called with the id of each conversation that this store deleted, or found gone first after its retention. */
  readonly whenDeleted?: (id: string) => void;
  /** The clock by which idempotency keys expire; the system's unless told. */
  readonly now?: () => number;
  /** How often what has ended is swept out; a minute unless told. */
  readonly sweepEveryMs?: number;
  /** Told whether a conversation is followed, each time that something was stored in it. */
  readonly noteFollowed?: (id: string, isFollowed: boolean) => void;
}

const dayMs = 86_400_000;
/** Of so many public ids a process remembers whose they are. */
const foundIds = 20_000;
const keptMs = 1_000;

/**
 * A store that any number of processes share: Redis 6.2 or newer. Opens whether Redis is there or not: while it is away every call
 * rejects with `store-unavailable`, and nothing has to be started again when it is back. A call that rejects so may have been carried
 * out all the same, if the connection was lost while it waited for the answer. Throws an `Error` if a newer version wrote there.
 */
export async function openRedisStore({ place, ...options }: RedisStoreOptions): Promise<Store> {
  const connection = await connect(place, 'asks', undefined, options.withinMs);
  return createRedisStore(connection, { ...options, mark: await openFormat(connection, createKeys(options.prefix)) });
}

/** The same over a connection that is there, which is closed with the store. */
export function createRedisStore(
  connection: Connection,
  options: Omit<RedisStoreOptions, 'place'> & { readonly mark: FormatMark },
): Store {
  const { prefix, retentionDays = 0, durability = 'relaxed', whenDeleted, mark } = options;
  const { now = Date.now, sweepEveryMs = 60_000, maxMessages = defaultMaxMessages } = options;
  const keys = createKeys(prefix);
  const { run, ask } = connection;
  const engine: RedisContext = {
    run,
    ask,
    keys,
    now,
    maxMessages,
    retentionMs: Math.round(retentionDays * dayMs),
    found: new LRUCache({ max: foundIds }),
    noteFollowed: options.noteFollowed ?? (() => undefined),
  };
  const replication = durability === 'acknowledged' ? watchReplication(connection) : undefined;
  const openings = createOpenings();
  const audit = { ...defaultAuditBounds, ...options.audit };
  const stopSweeper = startSweeper(engine, defined({ everyMs: sweepEveryMs, whenDeleted, audit }));
  const asked = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  function read<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) return Promise.reject(new GatewayError('store-unavailable', 'The store is closed'));
    const working = mark.isKnown ? work() : mark.check().then(work);
    const forget = (): void => {
      asked.delete(working);
    };
    asked.add(working);
    working.then(forget, forget);
    return working;
  }
  async function replicated<T>({ follow }: Replication, work: (engine: RedisContext) => Promise<T>): Promise<T> {
    const followed = follow(engine);
    const outcome = await work(followed.engine);
    await followed.settled();
    return outcome;
  }
  const replicate = <T>(work: (engine: RedisContext) => Promise<T>): Promise<T> =>
    replication === undefined ? work(engine) : replicated(replication, work);
  const change = <T>(work: (through: RedisContext) => Promise<T>): Promise<T> => read(() => replicate(work));
  /** What is done with a conversation, which may be on its way. */
  const readOf = <T>(id: string, work: () => Promise<T>): Promise<T> => read(() => openings.after(id, work));
  const changeOf = <T>(id: string, work: (through: RedisContext) => Promise<T>): Promise<T> =>
    change((through) => openings.after(id, () => work(through)));
  async function close(): Promise<void> {
    await stopSweeper();
    while (asked.size > 0) await Promise.allSettled(asked);
    await connection.close();
  }

  const store: Store = {
    openConversation: (draft) =>
      change((through) =>
        openings.run(draft.conversation.id, draft.publicIds.map(keys.publicId), (whenWritten) =>
          openConversation(through, draft, whenWritten),
        ),
      ),
    conversation: (id) => readOf(id, () => readConversation(engine, id)),
    findConversation: (id) => read(() => findConversation(engine, id)),
    changeConversation: (id, what) => changeOf(id, (through) => changeConversation(through, id, what)),
    deleteConversation: (id, which) =>
      changeOf(id, async (through) => {
        const removal = await deleteConversation(through, id, which);
        if (removal === 'kept') throw openElsewhere();
        if (removal === 'removed') whenDeleted?.(id);
        return removal === 'removed';
      }),
    conversations: (filter, page) => read(() => listConversations(engine, filter, page)),

    beginConversation(draft, message, once) {
      const begun = [store.openConversation(draft), store.appendMessage(message, once)] as const;
      return Promise.all(begun).then(([{ conversation }, appended]) =>
        // Where it was taken, another attempt came first, with a conversation of its own.
        'message' in appended
          ? { conversation, message: appended.message }
          : store.deleteConversation(conversation.id).then(() => appended),
      );
    },
    appendMessage(message, once) {
      const { conversationId } = message;
      return changeOf(conversationId, (through) =>
        once === undefined
          ? messages.appendMessage(through, message)
          : // Others may come upon the claim at once, and must find the conversation.
            openings.settled(conversationId).then(() => appendIdempotent(through, message, once)),
      );
    },
    continueConversation: (message, tenantId) =>
      changeOf(message.conversationId, (through) => messages.continueConversation(through, message, tenantId)),
    appendReply: (reply, once) => changeOf(reply.conversationId, (through) => appendReply(through, reply, once)),
    keepReply: (reply, ifState) => changeOf(reply.conversationId, (through) => keepReply(through, reply, ifState)),
    ...(replication !== undefined && {
      kept: (id: string) =>
        change(async ({ ask }) => {
          const [record] = keys.conversation(id);
          // Replicas take over what is written in its order.
          await ask((client) => client.set(`${record}:kept`, 1, 'PX', keptMs), record);
        }),
    }),
    idempotencyEntry: (key) => read(() => readIdempotencyEntry(engine, key)),
    message: (id, sequence) => readOf(id, () => messages.readMessage(engine, id, sequence)),
    messages: (id, page) => readOf(id, () => messages.listMessages(engine, id, page)),
    messagesAfter: (id, sequence, limit) => readOf(id, () => messages.messagesAfter(engine, id, sequence, limit)),
    operatorMessagesAfter: (id, sequence, limit) =>
      readOf(id, () => messages.operatorMessagesAfter(engine, id, sequence, limit)),
    latestMessages: (id, limit) => readOf(id, () => messages.latestMessages(engine, id, limit)),

    ensureUser: (user) => change((through) => ensureUser(through, user)),

    addNudge: (id, nudge) => changeOf(id, (through) => addNudge(through, id, nudge)),
    takeNudges: (id) => changeOf(id, (through) => takeNudges(through, id)),

    images: {
      enter: (entry, quota) => change((through) => images.enterImage(through, entry, quota)),
      find: (name) => read(() => images.findImage(engine, name)),
      show: (name, place) => change((through) => images.showImage(through, name, place)),
      condemn: (entry) => change((through) => images.condemnImage(through, entry)),
      strike: (name) => change((through) => images.strikeImage(through, name)),
      ofConversation: (id) => read(() => images.imagesOf(engine, id)),
      all: () => images.allImages(engine),
    },

    audit: {
      enter: (entry) => change((through) => enterAudit(through, entry, audit)),
      strike: (entry) => change((through) => strikeAudit(through, entry)),
      entries: (question) => read(() => auditEntries(engine, question, audit)),
    },

    migrations: {
      read: (names) => read(() => migrations.readMigrations(engine, names)),
      change: (state, what) => change((through) => migrations.changeMigration(through, state, what)),
      history: (name) => read(() => migrations.migrationHistory(engine, name)),
    },

    comparisons: {
      enter: (page) => change((through) => comparisons.enterComparisons(through, page)),
      counts: (name, mark) => read(() => comparisons.countsOf(engine, name, mark)),
      list: (name, question) => read(() => comparisons.listComparisons(engine, name, question)),
      forget: (id) => change((through) => comparisons.forgetComparisons(through, id)),
      reset: (name) => change((through) => comparisons.resetComparisons(through, name)),
    },

    archive: {
      ids: () => archive.archivedIds(engine),
      read: (id) => read(() => archive.readArchived(engine, id)),
      put: (archived) => change((through) => archive.putArchived(through, archived)),
      putMessages: (id, put) => change((through) => archive.putMessages(through, id, put)),
      lastNumber: (space) => read(() => archive.lastNumber(engine, space)),
      raiseNumber: (space, number) => change((through) => archive.raiseNumber(through, space, number)),
      putMigration: (state, history) => change((through) => archive.putMigration(through, state, history)),
    },

    check: () => read(() => checkMasters(connection.client, engine, replicate)),
    close: () => (closing ??= close()),
  };
  return store;
}
