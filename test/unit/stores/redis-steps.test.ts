import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors/index.ts';
import { type Connection, connect } from '../../../src/stores/redis/connection.ts';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { createKeys, type Keys } from '../../../src/stores/redis/keys.ts';
import { openConversation } from '../../../src/stores/redis/opening.ts';
import type { RedisContext } from '../../../src/stores/redis/record.ts';
import { startSweeper } from '../../../src/stores/redis/sweeper.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

const tenantId = 'shop';
const page = { offset: 0, limit: 100, order: 'ascending' } as const;
const patience = { timeout: 20_000, interval: 10 };
const dayMs = 86_400_000;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('between two steps of a process', () => {
  let server: RedisServer;
  let client: ReturnType<RedisServer['client']>;
  let connection: Connection;
  let prefix: string;
  let keys: Keys;
  let store: Store;
  let stop = async () => {};
  beforeAll(async () => {
    server = await startRedis();
    client = server.client();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    prefix = randomUUID();
    keys = createKeys(prefix);
    connection = await connect({ url: server.url });
    store = await openRedisStore({ place: { url: server.url }, prefix });
  });
  afterEach(async () => {
    await stop();
    await connection.close();
    await store.close();
  });

  /** What a process works with that comes to `before` ahead of each script that it runs. */
  const engineWith = (before: (name: string) => Promise<unknown> | undefined, retentionMs = 0): RedisContext => ({
    keys,
    retentionMs,
    maxMessages: 100,
    now: Date.now,
    found: new LRUCache({ max: 10 }),
    noteFollowed: () => undefined,
    ask: connection.ask,
    async run(name, rows, ...values) {
      await before(name);
      return connection.run(name, rows, ...values);
    },
  });
  /** The same, before the first script of a name only. */
  function once(wanted: string, work: () => Promise<unknown>) {
    let isDone = false;
    return (name: string) => {
      if (isDone || name !== wanted) return undefined;
      isDone = true;
      return work();
    };
  }
  const publicIds = (id: string) => [{ tenantId, space: 'session', id }];
  const left = (word: string) => client.keys(`${prefix}:${word}*`);
  async function makeDue(id: string): Promise<void> {
    await client.zadd(keys.due(id), 0, id);
  }

  it('a number may be given back: one that an import passes over is given to nobody', async () => {
    const space = { tenantId, space: 'widget' };
    const draft = draftConversation({ publicIds: publicIds('a'), numberedIn: 'widget' });
    await openConversation(
      engineWith(once('claim', () => store.openConversation(draftConversation({ publicIds: publicIds('a') })))),
      draft,
      () => undefined,
    );
    await store.archive.raiseNumber(space, 7);
    const { conversation } = await store.openConversation(draftConversation({ numberedIn: 'widget' }));
    expect(conversation.publicIds).toEqual({ widget: '8' });
  });

  it('a conversation that is swept may be deleted: nothing points to it after that', async () => {
    const draft = draftConversation({ publicIds: publicIds('a'), userId: 'ann' });
    const { id } = (await store.openConversation(draft)).conversation;
    let isDeleted: boolean | undefined;
    const engine = engineWith(
      once('claim', async () => {
        isDeleted = await store.deleteConversation(id);
      }),
    );
    stop = startSweeper(engine, { everyMs: 10 });
    await vi.waitFor(async () => {
      if (isDeleted === undefined) await makeDue(id);
      expect(isDeleted).toBe(true);
    }, patience);
    await stop();
    expect([...(await left('due')), ...(await left('public')), ...(await left('list'))]).toEqual([]);
  });

  it('a sweeper ends soon, however much is due', async () => {
    const ids = Array.from({ length: 90 }, () => `0${randomUUID().slice(1)}`);
    for (const id of ids) await store.openConversation(draftConversation({ id, publicIds: publicIds(id) }));
    let looks = 0;
    const engine = engineWith((name) => {
      if (name !== 'claim') return undefined;
      looks += 1;
      stopping ??= stop();
      return undefined;
    });
    let stopping: Promise<void> | undefined;
    stop = startSweeper(engine, { everyMs: 10 });
    await vi.waitFor(async () => {
      if (stopping === undefined) await Promise.all(ids.map(makeDue));
      expect(stopping).toBeDefined();
    }, patience);
    await stopping;
    expect(looks).toBe(1);
  });

  it('a conversation that lost its id may be swept out: it is not taken for one that stays', async () => {
    const mine = draftConversation({ publicIds: publicIds('a') });
    const other = draftConversation({ publicIds: publicIds('a') });
    const overtake = async () => {
      await store.openConversation(other);
      await store.deleteConversation(mine.conversation.id);
    };
    const opened = await openConversation(engineWith(once('claim', overtake)), mine, () => undefined);
    expect(opened).toMatchObject({ created: false, conversation: { id: other.conversation.id } });
  });

  it('a conversation may be spoken in whose end has come: it stays', async () => {
    const { id } = (await store.openConversation(draftConversation())).conversation;
    const say = () => store.appendMessage(draftMessage({ id }, { createdAt: new Date().toISOString() }));
    let isSaid = false;
    const said = once('setEnd', async () => {
      await say();
      isSaid = true;
    });
    stop = startSweeper(engineWith(said, dayMs), { everyMs: 10 });
    await vi.waitFor(async () => {
      if (!isSaid) await makeDue(id);
      expect(isSaid).toBe(true);
    }, patience);
    await stop();
    expect(await store.messages(id, page)).toMatchObject({ total: 1 });
  });

  it('a conversation that is on its way stays in a list that somebody looks at', async () => {
    const { conversation } = draftConversation({ createdAt: new Date().toISOString() });
    const list = keys.list({ tenantId });
    await client.zadd(list, Date.parse(conversation.createdAt), conversation.id);
    expect((await store.conversations({ tenantId }, page)).entries).toEqual([]);
    expect(await client.zcard(list)).toBe(1);
  });

  it('an opening leaves nothing whose note for the sweeper fails', async () => {
    const away = new GatewayError('store-unavailable', 'Its node is away');
    const engine = engineWith((name) => (name === 'lookLater' ? Promise.reject(away) : undefined));
    const draft = draftConversation({ publicIds: publicIds('a') });
    await expect(openConversation(engine, draft, () => undefined)).rejects.toBe(away);
    expect(await left(`{${draft.conversation.id}}`)).toEqual([]);
    expect(await store.conversation(draft.conversation.id)).toBeUndefined();
  });

  it('the clock of Redis goes on, whatever that of the process says', async () => {
    const slow = await openRedisStore({ place: { url: server.url }, prefix, now: () => 5 });
    const { id } = (await slow.openConversation(draftConversation())).conversation;
    const [seconds = 0] = await client.time();
    const wait = Number(await client.zscore(keys.due(id), id)) / 1000 - seconds;
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThan(70);
    await slow.close();
  });
});
