import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import type { NewConversation, Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { draftConversation, draftMessage, texts } from '../../support/store-drafts.ts';

const page = { offset: 0, limit: 1_000_000, order: 'ascending' } as const;
const prefix = 'test';
const away = { code: 'store-unavailable' };
const patience = { timeout: 20_000, interval: 20 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a Cluster whose nodes fall', () => {
  let cluster: RedisCluster;
  const opened: Store[] = [];
  beforeAll(async () => {
    cluster = await startRedisCluster('--appendonly', 'yes', '--appendfsync', 'always');
  });
  afterAll(() => cluster.remove());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    for (const node of cluster.nodes) node.resume();
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.whole();
  });
  async function openStore(durability: 'relaxed' | 'acknowledged' = 'relaxed'): Promise<Store> {
    const store = await openRedisStore({ place: { cluster: cluster.urls }, prefix, durability });
    opened.push(store);
    return store;
  }
  const nodeOf = (id: string) => cluster.nodeOf(createKeys(prefix).conversation(id)[0]);
  /** Conversations of each node, in each of which `before` was said. */
  async function conversations(store: Store): Promise<ReadonlyMap<RedisServer, readonly string[]>> {
    const ids = new Map<RedisServer, string[]>(cluster.nodes.map((node) => [node, []]));
    while ([...ids.values()].some((some) => some.length < 3)) {
      const { id } = (await store.openConversation(draftConversation())).conversation;
      await store.appendMessage(draftMessage({ id }, { text: 'before' }));
      ids.get(await nodeOf(id))?.push(id);
    }
    return ids;
  }
  const say = (store: Store, id: string, text: string) => store.appendMessage(draftMessage({ id }, { text }));
  const said = async (store: Store, id: string) => texts((await store.messages(id, page)).entries);
  /** The conversations that are on a node, and those that are not. */
  function part(ids: ReadonlyMap<RedisServer, readonly string[]>, fallen: RedisServer) {
    const [lost, kept] = [[...(ids.get(fallen) ?? [])], [...ids].filter(([node]) => node !== fallen)];
    return { lost, kept: kept.flatMap(([, some]) => some) };
  }

  /** Does something again and again for so many milliseconds; gives how often. */
  async function repeatFor(duration: number, work: () => Promise<unknown>): Promise<number> {
    const end = performance.now() + duration;
    for (let count = 1; ; count += 1) {
      await work();
      if (performance.now() > end) return count;
    }
  }

  for (const durability of ['relaxed', 'acknowledged'] as const) {
    it(`misses at once what a fallen node has, goes on with the rest, and has all when it is back (${durability})`, async () => {
      const store = await openStore(durability);
      const ids = await conversations(store);
      const [, fallen] = cluster.nodes;
      const { lost, kept } = part(ids, fallen);
      await fallen.kill();
      // Were each to wait for its time to be over, this would take minutes.
      for (let count = 0; count < 20; count += 1) {
        for (const id of lost) {
          await expect(store.conversation(id)).rejects.toMatchObject(away);
          await expect(say(store, id, 'lost')).rejects.toMatchObject(away);
        }
      }
      // For longer than a node's word is taken that it has no replica.
      const repeats = await repeatFor(1500, () => Promise.all(kept.map((id) => say(store, id, 'meanwhile'))));
      const meanwhile = Array.from({ length: repeats }, () => 'meanwhile');
      for (const id of kept) expect(await said(store, id)).toEqual(['before', ...meanwhile]);
      await fallen.start();
      for (const id of lost) {
        await vi.waitFor(() => say(store, id, 'after'), patience);
        expect(await said(store, id)).toEqual(['before', 'after']);
      }
      await vi.waitFor(() => store.check(), patience);
      await conversations(store);
    });

    it(`does not wait without end for a node that hangs, and goes on with the rest (${durability})`, async () => {
      const store = await openStore(durability);
      const ids = await conversations(store);
      const [, , paused] = cluster.nodes;
      const { lost, kept } = part(ids, paused);
      paused.pause();
      await Promise.all(lost.map((id) => expect(store.conversation(id)).rejects.toMatchObject(away)));
      for (const id of kept) {
        await say(store, id, 'meanwhile');
        expect(await said(store, id)).toEqual(['before', 'meanwhile']);
      }
      paused.resume();
      for (const id of lost) expect(await vi.waitFor(() => said(store, id), patience)).toEqual(['before']);
    });
  }

  it('is missed at once by every call when it serves nothing without all its nodes', async () => {
    const cover = (word: string) =>
      Promise.all(cluster.nodes.map((node) => node.client().config('SET', 'cluster-require-full-coverage', word)));
    const store = await openStore();
    const ids = await conversations(store);
    const [, fallen] = cluster.nodes;
    const { lost, kept } = part(ids, fallen);
    await cover('yes');
    await fallen.kill();
    await vi.waitFor(
      () => Promise.all(kept.map((id) => expect(said(store, id)).rejects.toMatchObject(away))),
      patience,
    );
    for (let count = 0; count < 20; count += 1) {
      for (const id of [...kept, ...lost]) await expect(said(store, id)).rejects.toMatchObject(away);
    }
    await fallen.start();
    await cover('no');
    for (const id of [...kept, ...lost]) await vi.waitFor(() => say(store, id, 'after'), patience);
  });

  for (const durability of ['relaxed', 'acknowledged'] as const) {
    it(`is there as long as most of its masters are, and can be written to (${durability})`, async () => {
      const store = await openStore(durability);
      const [first, second, third] = cluster.nodes;
      for (const [fallen, others] of [
        [first, [second, third]],
        [second, [third, first]],
        [third, [first, second]],
      ] as const) {
        await vi.waitFor(() => conversations(store), patience);
        fallen.pause();
        // One that hangs is not waited for.
        await Promise.all(Array.from({ length: 5 }, () => store.check()));
        const client = others[0].client();
        await client.config('SET', 'min-replicas-to-write', '1');
        await expect(store.check()).rejects.toMatchObject(away);
        await client.config('SET', 'min-replicas-to-write', '0');
        fallen.resume();
      }
    });
  }

  it('can be opened while a node is away', async () => {
    const ids = await conversations(await openStore());
    const [, fallen] = cluster.nodes;
    const { lost, kept } = part(ids, fallen);
    await fallen.kill();
    const store = await openStore('acknowledged');
    for (const id of kept) await vi.waitFor(() => say(store, id, 'after'), patience);
    for (const id of lost) await expect(store.conversation(id)).rejects.toMatchObject(away);
    await fallen.start();
    for (const id of lost) await vi.waitFor(() => say(store, id, 'after'), patience);
  });

  it('keeps nothing of openings that fail because a node is away that nobody would see to', async () => {
    const store = await openStore();
    const keys = createKeys(prefix);
    const [, fallen] = cluster.nodes;
    const clients = cluster.nodes.map((node) => node.client());
    const rowsOf = async (id: string) => {
      const [row] = keys.conversation(id);
      return Promise.all(clients.map((client) => client.keys(row.replace(/record$/, '*'))));
    };
    await conversations(store);
    const drafts: NewConversation[] = [];
    while (drafts.length < 5) {
      const draft = draftConversation();
      const { id } = draft.conversation;
      const isHalfAway = (await cluster.nodeOf(keys.due(id))) === fallen && (await nodeOf(id)) !== fallen;
      if (isHalfAway) drafts.push(draft);
    }
    await fallen.kill();
    for (const draft of drafts) await expect(store.openConversation(draft)).rejects.toMatchObject(away);
    await fallen.start();
    for (const { conversation } of drafts) {
      expect((await rowsOf(conversation.id)).flat()).toEqual([]);
    }
  });

  it('is missed at once when all nodes are away, and found again', async () => {
    const store = await openStore('acknowledged');
    const ids = [...(await conversations(store)).values()].flat();
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    for (let count = 0; count < 20; count += 1) {
      for (const id of ids) await expect(store.conversation(id)).rejects.toMatchObject(away);
    }
    await Promise.all(cluster.nodes.map((node) => node.start()));
    for (const id of ids) {
      await vi.waitFor(() => say(store, id, 'after'), patience);
      expect(await said(store, id)).toEqual(['before', 'after']);
    }
  });
});
