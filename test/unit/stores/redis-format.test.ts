import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { openRedisStorage } from '../../../src/stores/redis/storage.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const prefix = 'test';
const row = `${prefix}:format`;
const events = { whenAway: () => undefined, whenBack: () => undefined, whenInsured: () => undefined };
const refusal =
  'The store in Redis cannot be used, by its row test:format: its format is 2 and this version reads up to 1; ' +
  'use a newer version, or a backup from before the upgrade';

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('the format of a store in Redis', () => {
  let server: RedisServer;
  let stores: Store[];
  beforeEach(async () => {
    server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await server.remove();
  });
  async function openStore(): Promise<Store> {
    const store = await openRedisStore({ place: { url: server.url }, prefix });
    stores.push(store);
    return store;
  }
  async function mark(text?: string): Promise<string | null> {
    const client = server.client();
    if (text !== undefined) await client.set(row, text);
    const marked = await client.get(row);
    client.disconnect();
    return marked;
  }
  const unmark = async (): Promise<void> => {
    const client = server.client();
    await client.del(row);
    client.disconnect();
  };

  it('is marked when it is opened, also where a version without marks wrote it, whose conversations are there', async () => {
    const before = await openStore();
    const { id } = (await before.openConversation(draftConversation())).conversation;
    expect(await mark()).toBe('1');
    await unmark();
    const after = await openStore();
    expect(await after.conversation(id)).toMatchObject({ id });
    expect(await mark()).toBe('1');
  });

  it.each([
    ['a newer version', '2', refusal],
    [
      'another program',
      'x',
      'The store in Redis cannot be used, by its row test:format: it holds the data of another program',
    ],
  ])('is refused if it is of %s, and left as it is', async (_name, text, reason) => {
    await mark(text);
    await expect(openStore()).rejects.toThrow(reason);
    const opening = openRedisStorage({ place: { url: server.url }, prefix, counting: { events } });
    await expect(opening).rejects.toThrow(reason);
    const client = server.client();
    expect(await client.keys('*')).toEqual([row]);
    client.disconnect();
  });

  it('is read again when Redis was away, at the start or later: what a newer version took over is not written to', async () => {
    const early = await openStore();
    await mark('2');
    await server.kill();
    const late = await openStore();
    await server.start();
    for (const store of [early, late]) {
      await vi.waitFor(() => expect(store.check()).rejects.toThrow(refusal), { timeout: 20_000, interval: 20 });
      await expect(store.openConversation(draftConversation())).rejects.toThrow(refusal);
    }
    const client = server.client();
    expect((await client.keys('*')).filter((key) => key.includes('{'))).toEqual([]);
    client.disconnect();
  });
});
