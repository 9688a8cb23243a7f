import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { type FeedProcess, type Follower, startFeedProcess } from '../../support/feed-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 20_000, interval: 10 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('after a failover, who follows', () => {
  let redis: RedisServer;
  let prefix: string;
  let here: FeedProcess;
  let elsewhere: FeedProcess;
  let chat: string;
  let follower: Follower | undefined;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  beforeEach(async () => {
    prefix = `test-${randomUUID()}`;
    here = await startFeedProcess({ url: redis.url, prefix });
    elsewhere = await startFeedProcess({ url: redis.url, prefix });
    chat = (await here.store.openConversation(draftConversation())).conversation.id;
  });
  afterEach(async () => {
    await follower?.leave();
    follower = undefined;
    await Promise.all([here.close(), elsewhere.close()]);
  });

  /** Loses the newest messages, as a group of servers may whose master fell. */
  async function lose(count: number): Promise<void> {
    const [record, messages] = createKeys(prefix).conversation(chat);
    await redis.client().ltrim(messages, 0, -1 - count);
    await redis.client().hincrby(record, 'count', -count);
  }
  async function publish(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await elsewhere.publish(chat, text);
  }
  const told = () => follower?.messages().map(({ text, sequence }) => `${sequence} ${text}`);
  const isTold = (...messages: readonly string[]) => vi.waitFor(() => expect(told()).toEqual(messages), patience);

  it('is told a message under a number that another one had, which the store has lost', async () => {
    follower = await here.follow(chat);
    await publish('one', 'two', 'three');
    await isTold('1 one', '2 two', '3 three');
    await lose(2);
    await publish('other', 'more', 'again', 'and on');
    await isTold('1 one', '2 two', '3 three', '2 other', '3 more', '4 again', '5 and on');
  });

  it('is told it also where the lost one was stored before it came', async () => {
    await publish('one', 'two');
    follower = await here.follow(chat);
    await lose(1);
    await publish('other', 'three');
    await isTold('2 other', '3 three');
  });

  it('is told what comes after a cursor that the store has not reached again', async () => {
    const first = await here.follow(chat);
    await publish('one', 'two', 'three');
    await vi.waitFor(() => expect(first.messages()).toHaveLength(3), patience);
    await first.leave();
    await lose(2);
    follower = await here.follow(chat, first.last());
    await publish('other');
    await isTold('2 other');
  });

  it('is told no part of a reply again whose record was lost, and the rest of it', async () => {
    follower = await here.follow(chat);
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await vi.waitFor(() => expect(follower?.text()).toBe('one '), patience);
    answer.say('two ');
    await vi.waitFor(() => expect(follower?.text()).toBe('one two '), patience);
    const [, , , , , , replies] = createKeys(prefix).conversation(chat);
    await redis
      .client()
      .hset(replies, answer.id, String(await redis.client().hget(replies, answer.id)).replace(/ \d+ (\S+)$/, ' 1 $1'));
    answer.say('three');
    await vi.waitFor(() => expect(follower?.text()).toBe('one two three'), patience);
    await redis.client().del(replies);
    answer.say('!');
    await vi.waitFor(() => expect(follower?.text()).toBe('one two three!'), patience);
    await answer.end();
    await isTold('1 one two three!');
  });

  it('is told on when the mark was lost', async () => {
    follower = await here.follow(chat);
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await vi.waitFor(() => expect(follower?.text()).toBe('one '), patience);
    const [, , , , , , replies, mark] = createKeys(prefix).conversation(chat);
    await redis.client().del(replies, mark);
    answer.say('two');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await elsewhere.publish(chat, 'Hello');
    await answer.end();
    // The next slow look sets the mark again, and finds what was stored.
    await vi.waitFor(() => expect(follower?.messages()).toHaveLength(2), { ...patience, timeout: 30_000 });
    expect(follower.text()).toBe('one two');
  }, 40_000);
});
