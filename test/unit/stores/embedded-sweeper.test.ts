import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enterAudit } from '../../../src/stores/embedded/audit.ts';
import { type CommitQueue, createCommitQueue } from '../../../src/stores/embedded/commit-queue.ts';
import { openConversation, readConversation } from '../../../src/stores/embedded/conversations.ts';
import { type Database, openDatabase } from '../../../src/stores/embedded/database.ts';
import { deleteConversation } from '../../../src/stores/embedded/deletion.ts';
import { appendMessage, appendReply } from '../../../src/stores/embedded/messages.ts';
import { startSweeper } from '../../../src/stores/embedded/sweeper.ts';
import { addNudge, ensureUser } from '../../../src/stores/embedded/visitors.ts';
import { auditEntry } from '../../support/store-contract-audit.ts';
import { draftConversation, draftMessage, minute } from '../../support/store-drafts.ts';

let path: string;
let database: Database;
let queue: CommitQueue;
let time = 0;
const now = () => time;
const settings = { now, maxMessages: 10_000 };

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dragoman-sweeper-'));
  database = await openDatabase(path);
  queue = createCommitQueue(database);
  time = Date.parse(minute(0));
});
afterEach(async () => {
  await database.close();
  await rm(path, { recursive: true });
});

/** The keys of all rows that begin with a word. */
const keys = (word = ''): readonly string[] =>
  database.entries({ low: word === '' ? '!' : word, high: `${word}~` }, { limit: 1e6 }).map(({ key }) => key);

/** One sweep, and the end of the sweeper. */
async function sweep(retentionMs?: number): Promise<void> {
  const sweeper = startSweeper({ database, queue, now, ...(retentionMs !== undefined && { retentionMs }) }, 3_600_000);
  await sweeper.sweep();
  await sweeper.stop();
}

async function open(createdAt = minute(0)): Promise<string> {
  const draft = draftConversation({ createdAt, userId: 'ann', numberedIn: 'widget' });
  return (await queue.run((rows) => openConversation(rows, draft))).conversation.id;
}

const ask = (id: string, name: string, expiresAt: number) =>
  queue.run((rows) => {
    const key = { tenantId: 'shop', scope: 's', key: name };
    appendMessage(rows, draftMessage({ id }), { key, fingerprint: 'f', expiresAt }, settings);
    appendReply(rows, draftMessage({ id }, { role: 'operator' }), key, settings);
  });

describe('the sweeper', () => {
  it('removes idempotency keys whose time has passed, and no other', async () => {
    const id = await open();
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => ask(id, String(index), time + 1 + (index % 2) * 1000)),
    );
    time += 500;
    await sweep();
    expect([keys('once/').length, keys('expiry/').length]).toEqual([500, 500]);
    time += 1000;
    await sweep();
    expect([...keys('once/'), ...keys('expiry/')]).toEqual([]);
  });

  it('keeps an idempotency key that was taken again after it had expired', async () => {
    const id = await open();
    await ask(id, 'same', time + 1);
    time += 10;
    await ask(id, 'same', time + 10_000);
    await sweep();
    expect([keys('once/').length, keys('expiry/').length]).toEqual([1, 1]);
  });

  it('deletes conversations that did not change within the retention, and no other', async () => {
    const [old, kept] = [await open(minute(0)), await open(minute(0))];
    for (let count = 0; count < 450; count += 1) void open(minute(0));
    const young = await open(minute(50));
    await queue.run((rows) =>
      appendMessage(rows, draftMessage({ id: kept }, { createdAt: minute(40) }), undefined, settings),
    );
    time = Date.parse(minute(60));
    await sweep();
    expect(keys('age/')).toHaveLength(453);
    await sweep(30 * 60_000);
    expect(readConversation(database, old)).toBeUndefined();
    expect(keys('age/')).toEqual([kept, young].map((id) => expect.stringContaining(id) as string));
    expect(keys('list/')).toHaveLength(4);
    time = Date.parse(minute(75));
    await sweep(30 * 60_000);
    expect([readConversation(database, kept), keys('age/').length]).toEqual([undefined, 1]);
  });

  it.each([0, 1, 2, 3])(
    'never deletes a message that was acknowledged, come when it may: after change %i',
    async (at) => {
      const id = await open(minute(0));
      time = Date.parse(minute(60));
      const say = () =>
        queue.run((rows) => appendMessage(rows, draftMessage({ id }, { createdAt: minute(60) }), undefined, settings));
      let changes = 0;
      let said = at === 0 ? say() : undefined;
      const watched: CommitQueue = {
        ...queue,
        async run(change) {
          const outcome = await queue.run(change);
          changes += 1;
          if (changes === at) said = say();
          return outcome;
        },
      };
      const sweeper = startSweeper({ database, queue: watched, now, retentionMs: 30 * 60_000 }, 3_600_000);
      await sweeper.sweep();
      await sweeper.stop();
      const [outcome] = await Promise.allSettled([said ?? say()]);
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'not-found' });
      const isKept = outcome.status === 'fulfilled';
      expect(readConversation(database, id)?.messageCount).toBe(isKept ? 1 : undefined);
      expect(isKept).toBe(at < 2);
    },
  );

  it('forgets users who were not seen within the retention, and no other', async () => {
    const see = (userId: string) => queue.run((rows) => ensureUser(rows, { tenantId: 'shop', userId }, now));
    for (let count = 0; count < 450; count += 1) void see(`gone ${count}`);
    await Promise.all([see('ann'), see('kept')]);
    time = Date.parse(minute(40));
    expect(await Promise.all([see('kept'), see('young')])).toEqual([false, true]);
    time = Date.parse(minute(60));
    await sweep();
    expect(keys('user/')).toHaveLength(453);
    await sweep(30 * 60_000);
    expect([keys('user/').length, keys('seen/').length]).toEqual([2, 2]);
    time = Date.parse(minute(69));
    expect(await Promise.all([see('ann'), see('kept')])).toEqual([true, false]);
    time = Date.parse(minute(75));
    await sweep(30 * 60_000);
    expect([keys('user/').length, keys('seen/').length]).toEqual([2, 2]);
    time = Date.parse(minute(100));
    await sweep(30 * 60_000);
    expect([...keys('user/'), ...keys('seen/')]).toEqual([]);
  });

  it('tells of each conversation that it deleted, and of no other', async () => {
    const [old, other] = [await open(minute(0)), await open(minute(1))];
    await open(minute(50));
    time = Date.parse(minute(60));
    const told: string[] = [];
    const whenDeleted = (id: string) => {
      expect(readConversation(database, id)).toBeUndefined();
      told.push(id);
    };
    const sweeper = startSweeper({ database, queue, now, retentionMs: 30 * 60_000, whenDeleted }, 3_600_000);
    await sweeper.sweep();
    await sweeper.stop();
    expect(told).toEqual([old, other]);
  });

  it('does not delete, or look for ever at, what has a time that cannot be read', async () => {
    const ids = await Promise.all(Array.from({ length: 250 }, () => open()));
    await Promise.all(
      ids.map((id) =>
        queue.run((rows) => appendMessage(rows, draftMessage({ id }, { createdAt: 'soon' }), undefined, settings)),
      ),
    );
    time = Date.parse(minute(60));
    await sweep(1000);
    expect(keys('age/')).toHaveLength(250);
  });

  it('finishes a deletion that was cut short', async () => {
    const [id, other] = [await open(), await open()];
    for (let index = 0; index < 2000; index += 1) void ask(id, String(index), time + 1e6);
    await ask(other, 'other', time + 1e6);
    const deletion = deleteConversation(queue, id);
    await queue.run(() => undefined);
    expect(keys('remains/')).toHaveLength(1);
    // As if the process had ended after the first commit: what goes on with it now finds nothing to do.
    await sweep();
    expect(keys(`c/${id}`)).toEqual([]);
    expect([keys('remains/').length, keys('once/').length, keys('expiry/').length]).toEqual([0, 1, 1]);
    expect(await deletion).toBe(true);
  });

  it('removes entries of the audit that are older than they are kept, however many, with all that tells of them', async () => {
    const audit = { keepMs: () => 10_000, most: 10_000 };
    time = Date.now();
    const old = Array.from({ length: 450 }, (_, index) => auditEntry(11_000, { tenantId: `tenant ${index % 3}` }));
    const young = auditEntry(1_000, { tenantId: 'tenant 1' });
    for (const entry of [...old, young]) void queue.run((rows) => enterAudit(database, rows, entry, audit));
    await queue.idle();
    expect([keys('audit/').length, keys('audit-age/').length, keys('audit-count/').length]).toEqual([451, 451, 3]);
    const sweeper = startSweeper({ database, queue, now, audit }, 3_600_000);
    await sweeper.sweep();
    await sweeper.stop();
    expect(keys('audit/')).toEqual([expect.stringContaining(young.id)]);
    expect([keys('audit-age/').length, keys('audit-count/').length]).toEqual([1, 1]);
    time += 11_000;
    const again = startSweeper({ database, queue, now, audit }, 3_600_000);
    await again.sweep();
    await again.stop();
    expect(keys('audit')).toEqual([]);
  });

  it('stops in the middle of its work', async () => {
    const id = await open();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => ask(id, String(index), time + 1)));
    time += 10;
    const sweeper = startSweeper({ database, queue, now }, 3_600_000);
    void sweeper.sweep();
    await sweeper.stop();
    expect(keys('once/').length).toBeGreaterThan(0);
  });
});

describe('deleting everything', () => {
  it('leaves nothing but the format and the counters of numbers', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => open()));
    await Promise.all(ids.map((id) => ask(id, `of ${id}`, time + 1000)));
    await Promise.all(ids.map((id) => queue.run((rows) => addNudge(rows, id, { text: 'hi', createdAt: minute(1) }))));
    await Promise.all(ids.map((id) => deleteConversation(queue, id)));
    expect(keys()).toEqual(['format', expect.stringContaining('numbers/')]);
  });
});
