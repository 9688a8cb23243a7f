import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { type FeedProcess, type Follower, startFeedProcess } from '../../support/feed-process.ts';
import { createHandLog, type HandLog } from '../../support/hand-log.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 10_000, interval: 5 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('who follows a conversation', () => {
  const prefix = `test-${randomUUID()}`;
  let redis: RedisServer;
  let store: Store;
  let log: HandLog;
  let processes: FeedProcess[];
  let reading: NodeJS.Timeout;
  let chat: string;
  let follower: Follower | undefined;
  beforeAll(async () => {
    redis = await startRedis();
    store = await openRedisStore({ place: { url: redis.url }, prefix });
  });
  afterAll(async () => {
    await store.close();
    await redis.remove();
  });
  beforeEach(async () => {
    log = createHandLog();
    processes = [];
    reading = setInterval(() => {
      for (const process of processes) process.read();
    }, 1);
    chat = (await store.openConversation(draftConversation())).conversation.id;
  });
  afterEach(async () => {
    clearInterval(reading);
    await follower?.leave();
    follower = undefined;
    for (const { feed } of processes) await feed.close();
  });

  async function start(): Promise<FeedProcess> {
    const process = await startFeedProcess({ log, store, settings: { signMs: 3_600_000 } });
    processes.push(process);
    return process;
  }
  /** Loses the newest messages, as a group of servers may whose master fell. */
  async function lose(count: number): Promise<void> {
    const [record, messages] = createKeys(prefix).conversation(chat);
    await redis.client().ltrim(messages, 0, -1 - count);
    await redis.client().hincrby(record, 'count', -count);
  }
  async function publish(process: FeedProcess, ...texts: readonly string[]): Promise<void> {
    for (const text of texts) await process.publish(chat, text);
  }
  const told = () => follower?.messages().map(({ text, sequence }) => `${sequence} ${text}`);
  const isTold = (...messages: readonly string[]) => vi.waitFor(() => expect(told()).toEqual(messages), patience);

  it('is told a message under a number that another one had, which the store has lost', async () => {
    const here = await start();
    follower = await here.follow(chat);
    await publish(here, 'one', 'two', 'three');
    await isTold('1 one', '2 two', '3 three');
    await lose(2);
    await publish(here, 'other', 'more', 'again', 'and on');
    await isTold('1 one', '2 two', '3 three', '2 other', '3 more', '4 again', '5 and on');
  });

  it('is told it also where the lost one was stored before it came', async () => {
    const here = await start();
    await publish(here, 'one', 'two');
    follower = await here.follow(chat);
    await lose(1);
    await publish(here, 'other', 'three');
    await isTold('2 other', '3 three');
  });

  it('is told it from the store, where its note was lost too', async () => {
    const here = await start();
    follower = await here.follow(chat);
    await publish(here, 'one', 'two', 'three');
    await isTold('1 one', '2 two', '3 three');
    await lose(2);
    clearInterval(reading);
    await publish(here, 'other');
    log.forget(1);
    here.lose();
    await publish(here, 'more');
    here.read();
    await isTold('1 one', '2 two', '3 three', '2 other', '3 more');
  });

  it('is told that a reply came to nothing, which no store knows, where the note of it was lost', async () => {
    const here = await start();
    follower = await here.follow(chat);
    await publish(here, 'one');
    await isTold('1 one');
    clearInterval(reading);
    const answer = here.answer(chat);
    answer.say('Half a');
    answer.fail();
    await vi.waitFor(() => expect(log.entries.at(-1)?.text).toContain('"failed"'), patience);
    log.forget(3); // how it began, what it said, its end
    await publish(here, 'two');
    reading = setInterval(() => here.read(), 1);
    await isTold('1 one', '2 two', '0 Half a');
  });

  it('is told that a reply came to nothing also where it has to look up what was said before', async () => {
    const [here, late] = [await start(), await start()];
    follower = await here.follow(chat);
    clearInterval(reading);
    late.isAway = true;
    await publish(late, 'one');
    await publish(here, 'two');
    here.answer(chat).fail();
    await vi.waitFor(() => expect(log.entries.at(-1)?.text).toContain('"failed"'), patience);
    here.read();
    await isTold('1 one', '2 two', '0 ');
  });

  it('is not told of one that came to nothing before it was there', async () => {
    const [here, late] = [await start(), await start()];
    const other = await here.follow(chat);
    here.answer(chat).fail();
    await vi.waitFor(() => expect(other.messages()).toHaveLength(1), patience);
    follower = await here.follow(chat);
    late.isAway = true;
    await publish(late, 'one');
    await publish(here, 'two');
    await isTold('1 one', '2 two');
    await other.leave();
  });

  it('is told those in their order that processes tell in another one', async () => {
    const [here, late] = [await start(), await start()];
    follower = await here.follow(chat);
    await publish(here, 'one', 'two', 'three');
    await isTold('1 one', '2 two', '3 three');
    await lose(2);
    late.isAway = true;
    await publish(late, 'other');
    await publish(here, 'more');
    const all = ['1 one', '2 two', '3 three', '2 other', '3 more'];
    await isTold(...all);
    late.isAway = false;
    await vi.waitFor(() => expect(log.entries.some(({ text }) => text.includes('other'))).toBe(true), patience);
    await publish(here, 'last');
    await isTold(...all, '4 last');
  });

  it('hears nothing again that it was told from the store, when the notes of it come late', async () => {
    const [here, late] = [await start(), await start()];
    follower = await here.follow(chat);
    const texts = Array.from({ length: 70 }, (_, index) => `late ${index + 1}`);
    late.isAway = true;
    await publish(late, ...texts);
    await publish(here, 'ahead');
    const all = [...texts.map((text, index) => `${index + 1} ${text}`), '71 ahead'];
    await isTold(...all);
    late.isAway = false;
    await vi.waitFor(
      () => expect(log.entries.filter(({ text }) => text.includes('late ')).length).toBe(texts.length),
      patience,
    );
    await publish(here, 'last');
    await isTold(...all, '72 last');
  });
});
