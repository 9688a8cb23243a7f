import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore, type RedisPlace } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisSentinels, startRedisSentinels } from '../../support/redis-sentinel.ts';
import { draftConversation, draftMessage, texts } from '../../support/store-drafts.ts';

const page = { offset: 0, limit: 100_000, order: 'ascending' } as const;
const away = { code: 'store-unavailable' };
const patience = { timeout: 20_000, interval: 20 };
const writers = ['ann', 'bob', 'cid', 'dot', 'eve', 'fay'];

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a master that falls', () => {
  let redis: RedisSentinels;
  let place: RedisPlace;
  const opened: Store[] = [];
  beforeEach(async () => {
    redis = await startRedisSentinels();
    place = { sentinels: redis.urls, group: redis.group };
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await redis.remove();
  });
  async function openStore(durability: 'relaxed' | 'acknowledged' = 'acknowledged'): Promise<Store> {
    const store = await openRedisStore({ place, prefix: 'test', durability });
    opened.push(store);
    return store;
  }
  const open = async (store: Store) => (await store.openConversation(draftConversation())).conversation.id;

  /**
   * Writers who all speak in one conversation, each one message after the other, and each message again until it is acknowledged. Gives
   * what ends them: it resolves with how often they had to say something again.
   */
  function keepWriting(stores: readonly Store[], id: string) {
    const acknowledged = new Map<string, string[]>(writers.map((writer) => [writer, []]));
    let stopped = false;
    let repeats = 0;
    async function write(writer: string, store: Store): Promise<void> {
      for (let count = 1; !stopped; count += 1) {
        const text = `${writer} ${count}`;
        const key = { tenantId: 'shop', scope: writer, key: text };
        const once = { key, fingerprint: text, expiresAt: Date.now() + 3_600_000 };
        const say = () => store.appendMessage(draftMessage({ id }, { text, id: randomUUID() }), once);
        await vi.waitFor(() => say().catch(repeat), patience);
        acknowledged.get(writer)?.push(text);
        await pause(5); // as much as shows what is lost, and no more
      }
    }
    const repeat = (failure: unknown): never => {
      expect(failure).toMatchObject(away);
      repeats += 1;
      throw failure;
    };
    const writing = writers.flatMap((writer, index) => {
      const store = stores[index % stores.length];
      return store === undefined ? [] : [write(writer, store)];
    });
    return {
      acknowledged,
      async stop() {
        stopped = true;
        await Promise.all(writing);
        return repeats;
      },
    };
  }
  /** Every message is there once, in its writer's order, and the sequence has no gap. */
  async function examine(store: Store, id: string, acknowledged: ReadonlyMap<string, readonly string[]>) {
    const { entries } = await store.messages(id, page);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
    for (const [writer, said] of acknowledged) {
      expect(texts(entries).filter((text) => text.startsWith(`${writer} `))).toEqual(said);
    }
  }
  /** Resolves when every writer has been acknowledged something more. */
  async function goOn(acknowledged: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const before = new Map([...acknowledged].map(([writer, said]) => [writer, said.length]));
    await vi.waitFor(() => {
      for (const [writer, said] of acknowledged) expect(said.length).toBeGreaterThan((before.get(writer) ?? 0) + 5);
    }, patience);
  }

  it('takes nothing with it that was acknowledged; who wrote goes on without a new client', async () => {
    const stores = [await openStore(), await openStore()];
    const id = await open(await openStore());
    const { acknowledged, stop } = keepWriting(stores, id);
    await goOn(acknowledged);
    const master = await redis.master();
    await master.kill();
    await redis.failedOver(master);
    await goOn(acknowledged);
    expect(await stop()).toBeGreaterThan(0);
    await examine(await openStore(), id, acknowledged);
  });

  it('that hangs, and goes on when there is another, takes nothing with it either', async () => {
    const stores = [await openStore(), await openStore()];
    const id = await open(await openStore());
    const { acknowledged, stop } = keepWriting(stores, id);
    await goOn(acknowledged);
    const master = await redis.master();
    // It does not know that it is no master any more when it goes on, and its clients are still connected with it.
    master.pause();
    await redis.failedOver(master);
    await goOn(acknowledged);
    master.resume();
    await goOn(acknowledged);
    await stop();
    await examine(await openStore(), id, acknowledged);
  });

  it('is missed at once, however few Sentinels there are to tell who follows it', async () => {
    const store = await openStore('relaxed');
    const id = await open(store);
    const [hanging, ...others] = redis.sentinels;
    hanging?.pause();
    // The one that hangs is the first to be asked.
    const late = await openStore('relaxed');
    await vi.waitFor(() => late.check(), patience);
    await Promise.all(others.map((sentinel) => sentinel.kill()));
    await late.appendMessage(draftMessage({ id }, { text: 'without Sentinels' }));
    await redis.servers[0]?.kill();
    for (let count = 0; count < 40; count += 1) await expect(store.conversation(id)).rejects.toMatchObject(away);
    hanging?.resume();
    await Promise.all(others.map((sentinel) => sentinel.start()));
    await vi.waitFor(() => store.check(), { ...patience, timeout: 30_000 });
    expect(texts((await store.messages(id, page)).entries)).toEqual(['without Sentinels']);
  });
});
