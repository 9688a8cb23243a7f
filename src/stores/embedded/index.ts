import { defined } from '../../canonical/index.ts';
import { GatewayError, toGatewayError } from '../../errors/index.ts';
import { defaultAuditBounds } from '../audit-book.ts';
import { defaultMaxMessages, type StoreBounds } from '../bounds.ts';
import type { Backup, BackupPlace } from '../coordination.ts';
import type { Store, StoreWatch } from '../store.ts';
import * as archive from './archive.ts';
import { auditEntries, enterAudit, strikeAudit } from './audit.ts';
import { makeBackup } from './backup.ts';
import { createCommitQueue, type Draft } from './commit-queue.ts';
import * as conversations from './conversations.ts';
import { type Database, openDatabase } from './database.ts';
import { deleteConversation } from './deletion.ts';
import { type Clock, readOnce } from './idempotency.ts';
import * as images from './images.ts';
import { type AmountRow, amountKey, amountRange, checkKey, imageKey, migrationKey } from './keys.ts';
import * as messages from './messages.ts';
import {
  changeMigration,
  countsOf,
  enterComparisons,
  forgetComparisons,
  listComparisons,
  migrationHistory,
  resetComparisons,
} from './migrations.ts';
import type { RoomOptions } from './room.ts';
import { days, startSweeper } from './sweeper.ts';
import { addNudge, ensureUser, takeNudges } from './visitors.ts';

export interface EmbeddedStoreOptions extends StoreBounds, RoomOptions {
  /** The data folder. It is made if it is not there; one process at a time can have it. */
  readonly path: string;
  /** Conversations without a change for so many days are deleted, and users who did not come; absent: none is. */
  readonly retentionDays?: number;
  /** Called with the id of each conversation that is gone, whether its retention ended or someone asked for it. */
  readonly whenDeleted?: (id: string) => void;
  /** The clock by which idempotency keys expire; the system's unless told. */
  readonly now?: Clock;
  /** How often what has expired is swept out; a minute unless told. */
  readonly sweepEveryMs?: number;
  readonly asked?: StoreWatch;
}

/** A store that also keeps what was used of amounts. */
export interface EmbeddedStore extends Store {
  readonly amounts: {
    readAll(): readonly AmountRow[];
    keep(amounts: readonly AmountRow[]): Promise<void>;
  };
  /** Makes a backup while it goes on. Throws `conflict` while one is made. */
  backUp(place: BackupPlace): Promise<Backup>;
}

/** A store in this process, on disk. Throws an `Error` that names the folder if it cannot be had. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { path, retentionDays, whenDeleted, now = Date.now, sweepEveryMs = 60_000 } = options;
  const audit = { ...defaultAuditBounds, ...options.audit };
  const settings = { now, maxMessages: options.maxMessages ?? defaultMaxMessages };
  const database = await openDatabase(path, options);
  const queue = createCommitQueue(database, options.asked);
  const retentionMs = retentionDays === undefined ? undefined : days(retentionDays);
  const sweeper = startSweeper(defined({ database, queue, now, retentionMs, whenDeleted, audit }), sweepEveryMs);
  const deletions = new Set<Promise<boolean>>();
  let backingUp: Promise<Backup> | undefined;
  let closing: Promise<void> | undefined;

  const closed = (): GatewayError => new GatewayError('store-unavailable', 'The store is closed');
  async function read<T>(question: (rows: Database) => T): Promise<T> {
    if (closing !== undefined) throw closed();
    try {
      return question(database);
    } catch (thrown) {
      throw toGatewayError(thrown);
    }
  }
  function change<T>(work: (draft: Draft) => T): Promise<T> {
    return closing === undefined ? queue.run(work) : Promise.reject(closed());
  }
  async function close(): Promise<void> {
    await sweeper.stop();
    await Promise.allSettled([...deletions, backingUp]);
    await queue.idle();
    await database.close();
  }

  return {
    openConversation: (draft) => change((rows) => conversations.openConversation(rows, draft)),
    conversation: (id) => read((rows) => conversations.readConversation(rows, id)),
    findConversation: (id) => read((rows) => conversations.findConversation(rows, id)),
    changeConversation: (id, what) => change((rows) => conversations.changeConversation(rows, id, what)),
    async deleteConversation(id) {
      if (closing !== undefined) throw closed();
      const deletion = deleteConversation(queue, id, defined({ whenDeleted }));
      deletions.add(deletion);
      return deletion.finally(() => deletions.delete(deletion));
    },
    conversations: (filter, page) => read((rows) => conversations.listConversations(rows, filter, page)),

    beginConversation: (draft, message, once) =>
      change((rows) => messages.beginConversation(rows, draft, message, { once, ...settings })),
    appendMessage: (message, once) => change((rows) => messages.appendMessage(rows, message, once, settings)),
    continueConversation: (message, tenantId) =>
      change((rows) => messages.continueConversation(rows, message, tenantId, settings)),
    appendReply: (reply, once) => change((rows) => messages.appendReply(rows, reply, once, settings)),
    idempotencyEntry: (key) => read((rows) => readOnce(rows, key, now)),
    message: (id, sequence) => read((rows) => messages.readMessage(rows, id, sequence)),
    messages: (id, page) => read((rows) => messages.listMessages(rows, id, page)),
    messagesAfter: (id, sequence, limit) => read((rows) => messages.messagesAfter(rows, id, sequence, limit)),
    operatorMessagesAfter: (id, sequence, limit) =>
      read((rows) => messages.operatorMessagesAfter(rows, id, sequence, limit)),
    latestMessages: (id, limit) => read((rows) => messages.latestMessages(rows, id, limit)),

    ensureUser: (user) => change((rows) => ensureUser(rows, user, now)),

    addNudge: (id, nudge) => change((rows) => addNudge(rows, id, nudge)),
    takeNudges: (id) => change((rows) => takeNudges(rows, id)),

    images: {
      enter: (entry, quota) => change((rows) => images.enterImage(rows, entry, quota)),
      find: (name) => read((rows) => rows.get(imageKey(name))),
      show: (name, place) => change((rows) => images.showImage(rows, name, place)),
      condemn: (entry) => change((rows) => images.condemnImage(rows, entry)),
      strike: (name) => change((rows) => images.strikeImage(rows, name)),
      ofConversation: (id) => read((rows) => images.imagesOf(rows, id)),
      all: () => images.allImages(database),
    },

    audit: {
      enter: (entry) => change((rows) => enterAudit(database, rows, entry, audit)),
      strike: (entry) => change((rows) => strikeAudit(rows, entry)),
      entries: (question) => read((rows) => auditEntries(rows, question, now() - audit.keepMs())),
    },

    migrations: {
      read: (names) => read((rows) => names.flatMap((name) => rows.get(migrationKey(name)) ?? [])),
      change: (state, what) => change((rows) => changeMigration(rows, state, what)),
      history: (name) => read((rows) => migrationHistory(rows, name)),
    },

    comparisons: {
      enter: (page) => change((rows) => enterComparisons(database, rows, page)),
      counts: (name, mark) => read((rows) => countsOf(rows, name, mark)),
      list: (name, question) => read((rows) => listComparisons(rows, name, question)),
      forget: (id) => forgetComparisons(database, { ...queue, run: change }, id),
      reset: (name) => change((rows) => resetComparisons(rows, name)),
    },

    archive: {
      ids: () => archive.archivedIds(database),
      read: (id) => read((rows) => archive.readArchived(rows, id)),
      put: (archived) => change((rows) => archive.putArchived(rows, archived)),
      putMessages: (id, put) => change((rows) => archive.putMessages(rows, id, put)),
      lastNumber: (space) => read((rows) => archive.lastNumber(rows, space)),
      raiseNumber: (space, number) => change((rows) => archive.raiseNumber(rows, space, number)),
      putMigration: (state, history) => change((rows) => archive.putMigration(rows, state, history)),
    },

    amounts: {
      readAll: () => database.entries(amountRange, { limit: Number.MAX_SAFE_INTEGER }).map(({ value }) => value),
      keep: (amounts) => change((rows) => keepAmounts(rows, amounts)),
    },

    async backUp(place) {
      if (closing !== undefined) throw closed();
      if (backingUp !== undefined) throw new GatewayError('conflict', 'A backup is being made');
      backingUp = makeBackup(database, place, { reserveBytes: options.reserveBytes, now: now() });
      return backingUp.finally(() => {
        backingUp = undefined;
      });
    },

    check: () => change((rows) => rows.put(checkKey, now())),
    close: () => (closing ??= close()),
  };
}

function keepAmounts(draft: Draft, amounts: readonly AmountRow[]): void {
  for (const row of amounts) {
    if (row.amount > 0) draft.put(amountKey(row.name), row);
    else draft.remove(amountKey(row.name));
  }
}
