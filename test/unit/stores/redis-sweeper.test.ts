import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore, type RedisStoreOptions } from '../../../src/stores/redis/index.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { auditEntry } from '../../support/store-contract-audit.ts';
import { draftConversation, draftMessage, minute } from '../../support/store-drafts.ts';

const tenantId = 'shop';
const page = { offset: 0, limit: 1000, order: 'ascending' } as const;
const patience = { timeout: 20_000, interval: 20 };
const now = () => new Date().toISOString();
const millisecondsAsDays = (milliseconds: number) => milliseconds / 86_400_000;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('what a Redis store leaves behind', () => {
  let server: RedisServer;
  let client: ReturnType<RedisServer['client']>;
  let prefix: string;
  const opened: Store[] = [];
  beforeAll(async () => {
    server = await startRedis();
    client = server.client();
  });
  afterAll(() => server.remove());
  beforeEach(() => {
    prefix = randomUUID();
  });
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

  async function openStore(rest: Partial<RedisStoreOptions> = {}): Promise<Store> {
    const store = await openRedisStore({ place: { url: server.url }, prefix, ...rest });
    opened.push(store);
    return store;
  }
  /** The keys of this test, by what stands after the prefix. */
  const keys = async () => (await client.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1)).sort();
  /** Whatever is to be looked at is due now, as if the time for it had come. */
  async function allIsDue(): Promise<void> {
    for (const due of createKeys(prefix).everyDue) {
      for (const id of await client.zrange(due, '0', '-1')) await client.zadd(due, 0, id);
    }
  }

  /** A conversation that stands in every row that there is. */
  async function fill(store: Store, name: string, createdAt = now()): Promise<string> {
    const publicIds = [{ tenantId, space: 'session', id: name }];
    const draft = draftConversation({ publicIds, numberedIn: 'widget', userId: 'ann', createdAt });
    const { id } = (await store.openConversation(draft)).conversation;
    const key = { tenantId, scope: 's', key: name };
    const once = { key, fingerprint: 'f', expiresAt: Date.now() + 1500 };
    await store.appendMessage(draftMessage({ id }, { createdAt }), once);
    await store.appendReply(draftMessage({ id }, { role: 'operator', createdAt }), key);
    await store.addNudge(id, { text: 'hi', createdAt: minute(1) });
    return id;
  }
  const isGone = (name: string) => async () =>
    expect(
      (await keys()).filter((key) => !/^\{.*\}:last$|^format$/.test(key)),
      name,
    ).toEqual([]);

  it('is nothing but the mark and the counters of numbers, when all is deleted and the idempotency keys have expired', async () => {
    const store = await openStore();
    const ids = await Promise.all(['a', 'b', 'c'].map((name) => fill(store, name)));
    expect((await keys()).length).toBeGreaterThan(20);
    for (const id of ids) await store.deleteConversation(id);
    const left = await keys();
    expect(left.filter((key) => !/^\{.*\}:last$|^once:|^format$/.test(key))).toEqual([]);
    await vi.waitFor(isGone('deleted'), patience);
  });

  it('is as little when the retention is over, which each change begins again', async () => {
    const gone: string[] = [];
    const whenDeleted = (id: string) => gone.push(id);
    const retentionDays = millisecondsAsDays(3000);
    const store = await openStore({ retentionDays, sweepEveryMs: 50, whenDeleted });
    const left = await fill(store, 'left');
    const kept = await fill(store, 'kept');
    // The row of idempotency keys has ended with these.
    const rows = createKeys(prefix).conversation(kept).slice(0, 4);
    const ends = () => Promise.all(rows.map(async (row) => Number(await client.call('PEXPIRETIME', row))));
    const first = await ends();
    await allIsDue();
    await vi.waitFor(async () => {
      await store.appendMessage(draftMessage({ id: kept }, { createdAt: now() }));
      expect(await store.conversation(left)).toBeUndefined();
    }, patience);
    expect((await ends()).map((end, index) => end > (first[index] ?? end))).toEqual(rows.map(() => true));
    await allIsDue();
    await vi.waitFor(() => expect(gone).toEqual([left]), patience);
    expect(await store.findConversation({ tenantId, space: 'session', id: 'left' })).toBeUndefined();
    await vi.waitFor(async () => {
      await allIsDue();
      expect(gone).toEqual([left, kept]);
    }, patience);
    await vi.waitFor(isGone('expired'), patience);
  });

  it('is not shown in lists, nor taken for an id, before it is swept out', async () => {
    const store = await openStore();
    const [lost, kept] = [await fill(store, 'lost', minute(0)), await fill(store, 'kept', minute(1))];
    // As it is when the retention is over, or when a process died in the middle of a deletion.
    const [record, messages] = createKeys(prefix).conversation(lost);
    await client.del(record, messages);
    const { entries, total } = await store.conversations({ tenantId, userId: 'ann' }, { ...page, limit: 1 });
    expect([entries.map(({ id }) => id), total]).toEqual([[kept], 1]);
    const publicIds = [{ tenantId, space: 'session', id: 'lost' }];
    expect(await store.openConversation(draftConversation({ publicIds }))).toMatchObject({ created: true });
  });

  it('is swept out by another process, if one died in the middle of a deletion', async () => {
    const store = await openStore();
    const id = await fill(store, 'half');
    const [record] = createKeys(prefix).conversation(id);
    await client.del(record);
    await allIsDue();
    const gone: string[] = [];
    await openStore({ sweepEveryMs: 20, whenDeleted: (each) => gone.push(each) });
    await vi.waitFor(() => expect(gone).toEqual([id]), patience);
    expect((await keys()).filter((key) => /^(public|list|due):|directory$/.test(key))).toEqual([]);
  });

  it('is brought to its end by another process, if one died in the middle of an opening', async () => {
    const store = await openStore();
    const id = await fill(store, 'half');
    for (const key of await keys()) if (/^(public|list):/.test(key)) await client.del(`${prefix}:${key}`);
    expect((await store.conversations({ tenantId }, page)).total).toBe(0);
    await allIsDue();
    await openStore({ sweepEveryMs: 20 });
    await vi.waitFor(async () => {
      for (const filter of [{ tenantId }, { tenantId, userId: 'ann' }]) {
        expect((await store.conversations(filter, page)).entries).toMatchObject([{ id }]);
      }
    }, patience);
    expect(await store.findConversation({ tenantId, space: 'session', id: 'half' })).toMatchObject({ id });
  });

  it('has an end from the day on which a retention is set', async () => {
    const id = await fill(await openStore(), 'old');
    await allIsDue();
    const store = await openStore({ retentionDays: millisecondsAsDays(500), sweepEveryMs: 20 });
    await vi.waitFor(async () => expect(await store.conversation(id)).toBeUndefined(), patience);
  });

  describe('has its end by the retention as it is now', () => {
    const day = 86_400_000;
    const days = async (id: string) => (await client.pttl(createKeys(prefix).conversation(id)[0])) / day;
    const [soon, near] = [{ retentionDays: 2 }, 0.1];

    it.each([
      ['a shorter one', { retentionDays: 90 }, soon, 2],
      ['a longer one', soon, { retentionDays: 90 }, 90],
      ['none', soon, {}, -1 / day],
      ['the first one', {}, soon, 2],
    ])('where it is %s', async (_name, before, after, wanted) => {
      const id = await fill(await openStore(before), 'a');
      await openStore({ ...after, sweepEveryMs: 20 });
      await vi.waitFor(async () => {
        await allIsDue();
        expect(await days(id)).toBeCloseTo(wanted, 2);
      }, patience);
    });

    it('counted from the last change, whenever it is looked at', async () => {
      const id = await fill(await openStore(), 'a', new Date(Date.now() - day).toISOString());
      await openStore({ ...soon, sweepEveryMs: 20 });
      await vi.waitFor(async () => {
        await allIsDue();
        expect(await days(id)).toBeCloseTo(1, 2);
      }, patience);
    });

    it('and is looked at again within a day', async () => {
      const id = await fill(await openStore({ retentionDays: 90 }), 'a');
      const due = createKeys(prefix).due(id);
      await client.zadd(due, 0, id);
      const aDay = Date.now() + day;
      await openStore({ retentionDays: 90, sweepEveryMs: 20 });
      // Not that it was taken to be looked at.
      const isNear = (at: number) => Math.abs(at - aDay) < near * day;
      await vi.waitFor(async () => expect(isNear(Number(await client.zscore(due, id)))).toBe(true), patience);
    });
  });

  it('of a user ends with the retention, which each visit begins again', async () => {
    const ann = { tenantId, userId: 'ann' };
    const row = createKeys(prefix).user(tenantId, 'ann');
    const forEver = await openStore();
    expect(await forEver.ensureUser(ann)).toBe(true);
    expect(await client.pttl(row)).toBe(-1);
    const store = await openStore({ retentionDays: 90 });
    expect(await store.ensureUser(ann)).toBe(false);
    expect(await client.pttl(row)).toBeGreaterThan(89 * 86_400_000);
    await client.pexpire(row, 1_000_000);
    expect(await store.ensureUser(ann)).toBe(false);
    expect(await client.pttl(row)).toBeGreaterThan(89 * 86_400_000);
    expect(await forEver.ensureUser(ann)).toBe(false);
    expect(await client.pttl(row)).toBe(-1);
  });

  it('is nothing of the audit that is older than it is kept, also where nobody enters anything any more', async () => {
    let keepMs = 60_000;
    const store = await openStore({ audit: { keepMs: () => keepMs }, sweepEveryMs: 5 });
    const [old, young] = [auditEntry(30_000), auditEntry(0)];
    await store.audit.enter(old);
    await store.audit.enter(young);
    const row = createKeys(prefix).audit.of('shop');
    expect(await client.zcard(row)).toBe(2);
    expect(await client.pttl(row)).toBeGreaterThan(50_000);
    keepMs = 20_000;
    await vi.waitFor(async () => expect(await client.zcard(row)).toBe(1), patience);
    expect(await store.audit.entries({ limit: 5 })).toEqual([young]);
  });
});
