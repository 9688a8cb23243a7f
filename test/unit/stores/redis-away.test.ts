import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore, type RedisStoreOptions } from '../../../src/stores/redis/index.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation, draftMessage, texts } from '../../support/store-drafts.ts';

const page = { offset: 0, limit: 1000, order: 'ascending' } as const;
const prefix = 'test';
const away = { code: 'store-unavailable' };
const patience = { timeout: 20_000, interval: 20 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a Redis that is not always there', () => {
  let server: RedisServer;
  const opened: Store[] = [];
  beforeEach(async () => {
    server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  });
  afterEach(async () => {
    server.resume();
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await server.remove();
  });
  async function openStore(rest: Partial<RedisStoreOptions> = {}): Promise<Store> {
    const store = await openRedisStore({ place: { url: server.url }, prefix, ...rest });
    opened.push(store);
    return store;
  }
  const open = async (store: Store) => (await store.openConversation(draftConversation())).conversation.id;
  const isBack = (store: Store) => vi.waitFor(() => store.check(), patience);

  it('is missed at once by every call, and needs no new start when it is back with all that it acknowledged', async () => {
    const store = await openStore();
    const id = await open(store);
    await store.appendMessage(draftMessage({ id }, { text: 'before' }));
    await server.kill();
    // Were each to wait for its time to be over, this would take minutes.
    for (let count = 0; count < 60; count += 1) await expect(store.conversation(id)).rejects.toMatchObject(away);
    for (const call of [
      () => store.check(),
      () => store.openConversation(draftConversation()),
      () => store.appendMessage(draftMessage({ id })),
      () => store.deleteConversation(id),
      () => store.conversations({ tenantId: 'shop' }, page),
      () => store.takeNudges(id),
    ]) {
      await expect(call()).rejects.toMatchObject(away);
    }
    await server.start();
    await isBack(store);
    await store.appendMessage(draftMessage({ id }, { text: 'after' }));
    expect(texts((await store.messages(id, page)).entries)).toEqual(['before', 'after']);
  });

  it('may be away when the store is opened', async () => {
    await server.kill();
    const store = await openStore();
    await expect(store.check()).rejects.toMatchObject(away);
    await server.start();
    await isBack(store);
    const id = await open(store);
    expect(await store.conversation(id)).toMatchObject({ id });
  });

  it('is asked nothing twice that was on its way when it died', async () => {
    const store = await openStore();
    const id = await open(store);
    server.pause();
    const asked = Array.from({ length: 20 }, () => store.appendMessage(draftMessage({ id }, { text: 'lost' })));
    const settled = Promise.allSettled(asked);
    await server.kill();
    await server.start();
    for (const { status } of await settled) expect(status).toBe('rejected');
    await isBack(store);
    await store.appendMessage(draftMessage({ id }, { text: 'after' }));
    expect(texts((await store.messages(id, page)).entries)).toEqual(['after']);
  });

  it('that hangs is not waited for without end', async () => {
    const store = await openStore();
    const id = await open(store);
    server.pause();
    await expect(store.conversation(id)).rejects.toMatchObject(away);
    server.resume();
    await isBack(store);
    expect(await store.conversation(id)).toMatchObject({ id });
  });

  it('may forget its scripts: what follows an opening still comes after it', async () => {
    const store = await openStore();
    const id = await open(store);
    await store.appendMessage(draftMessage({ id }));
    const client = server.client();
    for (let count = 0; count < 6; count += 1) {
      await client.script('FLUSH');
      // Of the two that follow each other, Redis may have learned the second again.
      if (count % 2 === 0) await store.appendMessage(draftMessage({ id }));
      const draft = draftConversation();
      const [opening, said] = await Promise.all([
        store.openConversation(draft),
        store.appendMessage(draftMessage(draft.conversation)),
      ]);
      expect([opening.created, 'message' in said && said.message.sequence]).toEqual([true, 1]);
    }
  });

  it('costs a turn two round trips: beginning with its first message, and the reply', async () => {
    const held = await holdReplies(server.port);
    const store = await openStore({ place: { url: `redis://127.0.0.1:${held.port}` } });
    await open(store);
    const draft = draftConversation();
    const [record, messages] = createKeys(prefix).conversation(draft.conversation.id);
    const client = server.client();
    // No answer comes through until Redis has done all of it: so nothing waited for an answer before it was sent.
    const countsTo = (count: number) =>
      vi.waitFor(async () => expect(await client.llen(messages)).toBe(count), patience);
    held.hold();
    const begun = Promise.all([store.openConversation(draft), store.appendMessage(draftMessage(draft.conversation))]);
    await countsTo(1);
    expect(await client.exists(record)).toBe(1);
    held.release();
    await begun;
    held.hold();
    const answered = store.appendReply(draftMessage(draft.conversation, { role: 'assistant' }));
    await countsTo(2);
    held.release();
    await answered;
    expect((await store.conversations({ tenantId: 'shop' }, page)).total).toBe(2);
    await store.close();
    held.close();
  });

  describe('with a replica', () => {
    let replica: RedisServer;
    beforeEach(async () => {
      replica = await startRedis('--replicaof', '127.0.0.1', String(server.port));
      const client = server.client();
      await vi.waitFor(async () => expect((await client.role())[2]).toHaveLength(1), patience);
    });
    afterEach(async () => {
      replica.resume();
      await replica.remove();
    });

    it('acknowledges what the replica has too, where it is asked to', async () => {
      const store = await openStore({ durability: 'acknowledged' });
      const id = await open(store);
      const [, messages] = createKeys(prefix).conversation(id);
      const client = replica.client();
      for (let count = 1; count <= 20; count += 1) {
        await store.appendMessage(draftMessage({ id }));
        expect(await client.llen(messages)).toBe(count);
      }
    });

    it('acknowledges nothing that the replica has not, unless it needs no replica', async () => {
      const strict = await openStore({ durability: 'acknowledged' });
      const relaxed = await openStore();
      const id = await open(strict);
      replica.pause();
      await expect(strict.appendMessage(draftMessage({ id }))).rejects.toMatchObject(away);
      expect(await relaxed.appendMessage(draftMessage({ id }))).toHaveProperty('message');
    });
  });

  it('needs no replica for what it acknowledges, where there is none', async () => {
    const store = await openStore({ durability: 'acknowledged' });
    const id = await open(store);
    const said = await Promise.all(Array.from({ length: 20 }, () => store.appendMessage(draftMessage({ id }))));
    expect(said).toHaveLength(20);
  });
});

/** A way to a port that can keep back what comes from there. */
async function holdReplies(port: number) {
  let holding = false;
  const waiting: (() => void)[] = [];
  const sockets: Socket[] = [];
  const listener = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(client, upstream);
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (holding) waiting.push(() => client.write(bytes));
      else client.write(bytes);
    });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The socket has no port');
  return {
    port: address.port,
    hold() {
      holding = true;
    },
    release() {
      holding = false;
      for (const write of waiting.splice(0)) write();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}
