import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedSettings } from '../../../src/conversations/feed.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { createLocalStorage } from '../../../src/stores/local/local-coordination.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { type FeedProcess, feedProcessOver, startFeedProcess } from '../../support/feed-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { openRedisWay, type RedisWay } from '../../support/redis-way.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 20_000, interval: 10 };
const never = new AbortController().signal;

describe('a feed in one process', () => {
  let folder: string;
  let here: FeedProcess;
  let chat: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    here = await feedProcessOver(createLocalStorage(await openEmbeddedStore({ path: folder })));
    chat = (await here.store.openConversation(draftConversation())).conversation.id;
  });
  afterEach(async () => {
    await here.close();
    await rm(folder, { recursive: true });
  });

  it('tells messages, and replies as they grow', async () => {
    const follower = await here.follow(chat);
    await here.publish(chat, 'Hello');
    const answer = here.answer(chat);
    for (const text of ['one ', 'two ', 'three']) answer.say(text);
    await answer.end();
    await vi.waitFor(() => expect(follower.messages().map(({ text }) => text)).toEqual(['Hello', 'one two three']));
    expect(follower.text()).toBe('one two three');
    await follower.leave();
  });

  it('ends for who leaves while what they missed is read, though nothing of it is there any more', async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const messagesAfter = async () => {
      begin();
      await answered;
      return [];
    };
    const slow = await feedProcessOver(createLocalStorage({ ...here.store, messagesAfter }));
    for (let message = 0; message < 60; message += 1) await here.publish(chat, `${message}`);
    const follower = await slow.follow(chat, '0');
    await begun;
    const left = follower.leave();
    answer();
    await left;
    expect(follower.messages()).toEqual([]);
    await slow.feed.close();
  });

  it('tells who comes in the middle all of it, and who comes back the rest', async () => {
    const answer = here.answer(chat);
    answer.say('one ');
    const first = await here.follow(chat);
    await vi.waitFor(() => expect(first.text()).toBe('one '), patience);
    await first.leave();
    answer.say('two');
    const back = await here.follow(chat, first.last());
    await answer.end();
    await vi.waitFor(() => expect(back.messages().map(({ text }) => text)).toEqual(['one two']), patience);
    expect(back.text()).toBe('two');
    await back.leave();
  });

  it('tells the end of a reply that is kept nowhere, with what was said of it', async () => {
    const follower = await here.follow(chat);
    const answer = here.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(follower.text()).toBe('Half'), patience);
    answer.fail();
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Half', status: 'failed' }]), patience);
    await follower.leave();
  });

  it('ends with its conversation, and at once where that is no more', async () => {
    const follower = await here.follow(chat);
    await here.store.deleteConversation(chat);
    here.feed.stored(chat);
    await follower.ended;
  });

  it('counts sockets, and not those that left', async () => {
    const one = await here.feed.join(chat, 'socket', () => 0, never);
    const two = await here.feed.join(chat, 'http', () => 0, never);
    expect(here.feed.socketCount(chat)).toBe(1);
    one.leave();
    one.leave();
    expect(here.feed.socketCount(chat)).toBe(0);
    two.leave();
  });
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a feed over processes', () => {
  let redis: RedisServer;
  let prefix: string;
  let processes: FeedProcess[];
  let ways: RedisWay[];
  let chat: string;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  beforeEach(() => {
    prefix = `test-${randomUUID()}`;
    [processes, ways] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(processes.map((process) => process.close()));
    for (const way of ways) await way.close();
  });

  async function start(settings: Partial<FeedSettings> = {}): Promise<FeedProcess> {
    const process = await startFeedProcess({ url: redis.url, prefix }, settings);
    processes.push(process);
    return process;
  }
  async function startTwo(settings: Partial<FeedSettings> = {}) {
    const two = [await start(settings), await start(settings)] as const;
    chat = (await two[0].store.openConversation(draftConversation())).conversation.id;
    return two;
  }
  /** The scripts and commands that go over a way while something is done. */
  async function commandsDuring(way: RedisWay, work: () => Promise<void>): Promise<readonly string[]> {
    way.forget();
    await work();
    // The store sweeps now and then.
    const isOfFeed = (command: string) => /Feed$|Reply$|^publish$|^zrem$/.test(command);
    return way.trips.flat().filter(isOfFeed);
  }
  /** A process that gives replies, and all that it asks of Redis. */
  async function startOverWay(settings: Partial<FeedSettings> = {}) {
    const way = await openRedisWay(redis.port);
    ways.push(way);
    const process = await startFeedProcess({ url: way.url, prefix }, settings);
    processes.push(process);
    return { way, process };
  }

  it('tells what another process stores, and what it says', async () => {
    const [here, elsewhere] = await startTwo();
    const follower = await here.follow(chat);
    await elsewhere.publish(chat, 'Hello');
    const answer = elsewhere.answer(chat);
    for (let said = 0; said < 20; said += 1) {
      answer.say(`${said} `);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { text } = await answer.end();
    await vi.waitFor(() => expect(follower.messages().map((told) => told.text)).toEqual(['Hello', text]), patience);
    expect(follower.text()).toBe(text);
    await follower.leave();
  });

  it('writes one record at a time, and merges what comes meanwhile', async () => {
    const [here] = await startTwo();
    const { way, process } = await startOverWay();
    const follower = await here.follow(chat);
    await process.publish(chat, 'Hello'); // by its answer it is known that the conversation is followed
    const answer = process.answer(chat);
    const commands = await commandsDuring(way, async () => {
      for (let said = 0; said < 1_000; said += 1) answer.say('word ');
      await vi.waitFor(() => expect(follower.text()).toHaveLength(5_000), patience);
    });
    expect(commands.filter((command) => command === 'growReplies').length).toBeLessThan(6);
    await answer.end();
    await follower.leave();
  });

  it('writes what all replies of a process gain with one script at a time, whatever has become of one of them', async () => {
    const [here] = await startTwo();
    const { way, process } = await startOverWay();
    const chats: string[] = [];
    for (let opened = 0; opened < 40; opened += 1)
      chats.push((await here.store.openConversation(draftConversation())).conversation.id);
    const followers = await Promise.all(chats.map((id) => here.follow(id)));
    for (const id of chats) await process.publish(id, 'Hello'); // by its answer it is known that the conversation is followed
    const answers = chats.map((id) => process.answer(id));
    for (const answer of answers) answer.say('one ');
    await vi.waitFor(() => expect(followers.map(({ text }) => text())).toEqual(chats.map(() => 'one ')), patience);
    const [broken = '', ...whole] = chats;
    const row = createKeys(prefix).conversation(broken)[6];
    await redis.client().unlink(row);
    await redis.client().set(row, 'no hash');
    const commands = await commandsDuring(way, async () => {
      for (const answer of answers) answer.say('two');
      const told = () => followers.slice(1).map(({ text }) => text());
      await vi.waitFor(() => expect(told()).toEqual(whole.map(() => 'one two')), patience);
    });
    expect(commands.filter((command) => command === 'growReplies').length).toBeLessThan(10);
    await Promise.all(followers.map((follower) => follower.leave()));
  });

  it('asks nothing of Redis for what nobody follows, and reads nothing where it follows nothing', async () => {
    const [here] = await startTwo({ followedMs: 600 });
    const { way, process } = await startOverWay({ followedMs: 600, renewMs: 100 });
    const followed = (await here.store.openConversation(draftConversation())).conversation.id;
    const follower = await here.follow(followed);
    await process.publish(chat, 'Hello');
    const idle = await commandsDuring(way, async () => {
      const answer = process.answer(chat);
      answer.say('one ');
      await here.publish(followed, 'Elsewhere');
      const other = here.answer(followed);
      other.say('Elsewhere');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await other.end();
      answer.fail();
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(idle).toEqual([]);
    await follower.leave();
  });

  it('follows by one command for each look, and one for each message', async () => {
    const [here] = await startTwo();
    const { way, process } = await startOverWay();
    const follower = await process.follow(chat);
    const commands = await commandsDuring(way, async () => {
      for (const text of ['one', 'two', 'three']) {
        await here.publish(chat, text);
        await vi.waitFor(() => expect(follower.messages().at(-1)).toMatchObject({ text }), patience);
      }
    });
    expect(commands.filter((command) => command !== 'publish')).toEqual(['readFeed', 'readFeed', 'readFeed']);
    await follower.leave();
  });

  it('is read by those that follow, and only what they follow', async () => {
    const [here, elsewhere] = await startTwo();
    const other = (await here.store.openConversation(draftConversation())).conversation.id;
    const followers = [await here.follow(chat), await elsewhere.follow(other)];
    const { channels } = createKeys(prefix);
    const heard: string[] = [];
    const ears = redis.client().duplicate();
    ears.on('pmessage', (_pattern: string, channel: string, text: string) => heard.push(`${channel} ${text}`));
    await ears.psubscribe(channels.wakesOf('*'));
    const answer = here.answer(chat);
    await here.publish(chat, 'Hello');
    await answer.end();
    await vi.waitFor(() => expect(followers[0]?.messages()).toHaveLength(2), patience);
    expect(new Set(heard.filter((one) => one.includes(chat)).map((one) => one.split(' ')[0])).size).toBe(1);
    ears.disconnect();
    for (const follower of followers) await follower.leave();
  });

  it('tells what was stored while wakes were lost', async () => {
    const [here, elsewhere] = await startTwo({ followedMs: 900 });
    const follower = await here.follow(chat);
    here.hardship.isDeaf = true;
    await elsewhere.publish(chat, 'Hello');
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(1), patience);
    await follower.leave();
  });

  it('tells the rest when the connection was lost', async () => {
    const [here, elsewhere] = await startTwo();
    const follower = await here.follow(chat);
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await vi.waitFor(() => expect(follower.text()).toBe('one '), patience);
    await redis.client().call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    answer.say('two');
    await answer.end();
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(1), patience);
    expect(follower.text()).toBe('one two');
    await follower.leave();
  });

  it('refuses followers at once while Redis is away', async () => {
    const [here] = await startTwo();
    here.hardship.meet = () => {
      throw new GatewayError('store-unavailable', 'away');
    };
    await expect(here.feed.join(chat, 'http', () => 0, never)).rejects.toThrow('away');
    await expect(here.feed.glance(chat)).rejects.toThrow('away');
    expect(here.feed.socketCount(chat)).toBe(0);
  });

  it('has a chat kept while a socket is open anywhere', async () => {
    const [here, elsewhere] = await startTwo();
    const socket = await elsewhere.feed.join(chat, 'socket', () => 0, never);
    const follower = await here.follow(chat);
    await expect(here.store.deleteConversation(chat, 'unheard')).rejects.toMatchObject({ code: 'conflict' });
    socket.leave();
    await vi.waitFor(() => here.store.deleteConversation(chat, 'unheard'), patience);
    await follower.ended;
  });

  it('tells a change of mode, also to who comes back', async () => {
    const [here, elsewhere] = await startTwo();
    const first = await here.follow(chat);
    await elsewhere.publish(chat, 'Hello');
    await vi.waitFor(() => expect(first.entries).toHaveLength(2), patience);
    await first.leave();
    await elsewhere.store.changeConversation(chat, { mode: 'operator', updatedAt: new Date().toISOString() });
    const back = await here.follow(chat, first.last());
    const modes = () => back.entries.flatMap(({ event }) => (event.type === 'mode-changed' ? [event.mode] : []));
    await vi.waitFor(() => expect(modes()).toEqual(['operator']), patience);
    await elsewhere.store.changeConversation(chat, { mode: 'ai', updatedAt: new Date().toISOString() });
    await vi.waitFor(() => expect(modes()).toEqual(['operator', 'ai']), patience);
    await back.leave();
  });
});
