import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { createKeys, idempotencyDigest } from '../../../src/stores/redis/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

const patience = { timeout: 10_000 };

const tenantId = 'shop';

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('what a conversation in Redis remembers', () => {
  let server: RedisServer;
  let client: ReturnType<RedisServer['client']>;
  let prefix: string;
  let store: Store;
  beforeAll(async () => {
    server = await startRedis();
    client = server.client();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    prefix = randomUUID();
    store = await openRedisStore({ place: { url: server.url }, prefix });
  });
  afterEach(() => store.close());

  const open = async () => (await store.openConversation(draftConversation())).conversation.id;
  const remembered = (id: string) => client.hkeys(createKeys(prefix).conversation(id)[4]);
  const onceOf = (key: string, expiresAt: number) => ({
    key: { tenantId, scope: 's', key },
    fingerprint: 'f',
    expiresAt,
  });
  async function turn(id: string, name: string, expiresAt: number): Promise<void> {
    const once = onceOf(name, expiresAt);
    await store.appendMessage(draftMessage({ id }), once);
    await store.appendReply(draftMessage({ id }, { role: 'assistant' }), once.key);
  }

  it('of turns that may be asked again is no more than their time lasts', async () => {
    const id = await open();
    const later = Date.now() + 3_600_000;
    for (let count = 0; count < 20; count += 1) await turn(id, `live ${count}`, later);
    for (let count = 0; count < 500; count += 1) await turn(id, `over ${count}`, Date.now() - 1);
    expect((await remembered(id)).length).toBeLessThan(100);
    for (let count = 0; count < 20; count += 1) {
      expect(await store.idempotencyEntry(onceOf(`live ${count}`, later).key)).toHaveProperty('replySequence');
    }
  });

  it('of a reply that was kept for a process is over when that gives it after all', async () => {
    const id = await open();
    const told = draftMessage({ id }, { role: 'assistant', text: 'Half', status: 'failed' });
    await store.keepReply?.(told);
    expect(await remembered(id)).toHaveLength(1);
    expect(await store.appendReply({ ...told, text: 'Whole', status: 'complete' })).toMatchObject({ sequence: 1 });
    expect(await remembered(id)).toEqual([]);
  });

  it('of a message that was asked once is no text when it is deleted, also where a process died before it took it out', async () => {
    const id = await open();
    const once = onceOf('k', Date.now() + 3_600_000);
    const row = createKeys(prefix).once(idempotencyDigest(once.key));
    const message = draftMessage({ id }, { text: 'a secret' });
    await store.appendMessage(message, once);
    await vi.waitFor(async () => expect(await client.get(row)).not.toContain('a secret'), patience);
    const claim = JSON.parse((await client.get(row)) ?? '') as object; // what the store put there
    await client.set(row, JSON.stringify({ ...claim, message }), 'KEEPTTL');
    expect(await store.deleteConversation(id)).toBe(true);
    const kept = await Promise.all((await client.keys(`${prefix}:once:*`)).map((key) => client.get(key)));
    expect(kept.join()).not.toContain('a secret');
  });
});
