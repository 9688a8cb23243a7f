import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Leases } from '../../../src/stores/leases.ts';
import { createLocalLeases } from '../../../src/stores/local/local-leases.ts';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { type FeedProcess, startFeedProcess } from '../../support/feed-process.ts';
import { createHandLog, type HandLog } from '../../support/hand-log.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

const patience = { timeout: 10_000, interval: 5 };
const never = new AbortController().signal;

const silent = 3_600_000;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a process that says nothing any more', () => {
  let redis: RedisServer;
  let store: Store;
  let log: HandLog;
  let leases: Leases;
  let processes: FeedProcess[];
  let reading: NodeJS.Timeout;
  let chat: string;
  beforeAll(async () => {
    redis = await startRedis();
    store = await openRedisStore({ place: { url: redis.url }, prefix: `test-${randomUUID()}` });
  });
  afterAll(async () => {
    await store.close();
    await redis.remove();
  });
  beforeEach(async () => {
    log = createHandLog();
    leases = createLocalLeases();
    processes = [];
    reading = setInterval(() => {
      for (const process of processes) process.read();
    }, 1);
    chat = (await store.openConversation(draftConversation())).conversation.id;
  });
  afterEach(async () => {
    clearInterval(reading);
    for (const { feed } of processes) await feed.close();
  });

  /** One that says every so many milliseconds that it is alive. */
  async function start(signMs: number): Promise<FeedProcess> {
    const settings = { signMs, patience: 5, renewMs: 4 * signMs };
    const process = await startFeedProcess({ log, store, leases, settings });
    processes.push(process);
    return process;
  }
  /** Takes on what is to be done for the process that said this, and does none of it until it is told to let others. */
  async function holdUp(text: string): Promise<() => Promise<void>> {
    const entry = log.entries.find((one) => one.text.includes(text));
    const taken = await leases.take(`gone ${entry?.topic.split(' ')[0]}`, 'a third process');
    if ('takenBy' in taken) throw new Error('Somebody was faster');
    return taken.lease.release;
  }
  const said = async () => (await store.messagesAfter(chat, 0, 100)).map(({ text, status }) => [text, status]);

  it('has its reply ended once, however many find it silent', async () => {
    const watching = [await start(5), await start(5), await start(5)];
    const dead = await start(silent);
    const followers = await Promise.all(watching.map((process) => process.follow(chat)));
    const answer = dead.answer(chat);
    answer.say('Half');
    for (const follower of followers) {
      await vi.waitFor(() => expect(follower.messages()).toHaveLength(1), patience);
      expect(follower.messages()).toMatchObject([{ id: answer.id, text: 'Half', status: 'failed', role: 'assistant' }]);
    }
    expect(await said()).toEqual([['Half', 'failed']]);
    for (const follower of followers) await follower.leave();
  });

  it('has told what it had stored, if it could tell that no more', async () => {
    const watching = await start(5);
    const dead = await start(silent);
    const follower = await watching.follow(chat);
    const answer = dead.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(follower.text()).toBe('Half'), patience);
    dead.isAway = true;
    answer.say(', whole');
    await answer.end();
    await vi.waitFor(
      () => expect(follower.messages()).toMatchObject([{ text: 'Half, whole', status: 'complete' }]),
      patience,
    );
    expect(await said()).toEqual([['Half, whole', 'complete']]);
    await follower.leave();
  });

  it('has its reply ended by another, if the one that took it on dies too', async () => {
    const watching = await start(5);
    const dead = await start(silent);
    const follower = await watching.follow(chat);
    const answer = dead.answer(chat);
    answer.say('Half');
    const resume = await holdUp('Half');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(follower.messages()).toEqual([]);
    await resume();
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Half', status: 'failed' }]), patience);
    await follower.leave();
  });

  it('has the rest of its replies ended, though the conversation of one is gone', async () => {
    const watching = await start(5);
    const dead = await start(silent);
    const other = (await store.openConversation(draftConversation())).conversation.id;
    const [ofGone, follower] = [await watching.follow(chat), await watching.follow(other)];
    dead.answer(chat).say('Half of what is gone');
    dead.answer(other).say('Half');
    await store.deleteConversation(chat); // and nobody can say so
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Half', status: 'failed' }]), patience);
    await ofGone.ended;
    await follower.leave();
  });

  it('has nothing kept of a reply in place of which the turn has another one, whole', async () => {
    const [watching, dead] = [await start(5), await start(silent)];
    const follower = await watching.follow(chat);
    await watching.publish(chat, 'Hello');
    const half = dead.answer(chat);
    half.say('Half');
    const resume = await holdUp('Half');
    const again = watching.answer(chat);
    again.say('Whole');
    await again.end();
    await resume();
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(3), patience);
    expect(follower.messages().at(-1)).toMatchObject({ id: half.id, status: 'failed', sequence: 0 });
    expect(await said()).toEqual([
      ['Hello', 'complete'],
      ['Whole', 'complete'],
    ]);
    await follower.leave();
  });

  it('has kept what it said, if the whole reply there is one to an earlier turn', async () => {
    const [watching, dead] = [await start(5), await start(silent)];
    const follower = await watching.follow(chat);
    await dead.publish(chat, 'Hello');
    await dead.answer(chat).end();
    await dead.publish(chat, 'And now?');
    dead.answer(chat).say('Half');
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(4), patience);
    expect(await said()).toEqual([
      ['Hello', 'complete'],
      ['', 'complete'],
      ['And now?', 'complete'],
      ['Half', 'failed'],
    ]);
    await follower.leave();
  });

  it('has told what it had stored, if it could tell nothing of it', async () => {
    const [watching, dead] = [await start(5), await start(5)];
    const follower = await watching.follow(chat);
    const alive = () => log.entries.filter(({ text }) => text.includes('alive'));
    await vi.waitFor(() => expect(new Set(alive().map(({ topic }) => topic)).size).toBe(2), patience);
    dead.isAway = true;
    await dead.publish(chat, 'Stored');
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Stored' }]), patience);
    await watching.publish(chat, 'And told');
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(2), patience);
    await follower.leave();
  });

  it('has told what it stored while somebody began to follow', async () => {
    const watching = await start(silent);
    clearInterval(reading);
    const following = watching.follow(chat);
    await vi.waitFor(() => expect(log.length).toBe(1), patience);
    await store.appendMessage(draftMessage({ id: chat }, { text: 'Stored' }));
    watching.read();
    const follower = await following;
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Stored' }]), patience);
    await follower.leave();
  });

  it('has no followers any more, until it speaks again', async () => {
    const watching = await start(5);
    const quiet = await start(silent);
    const follower = await watching.follow(chat);
    const joined = await quiet.feed.join(chat, 'socket', never);
    await vi.waitFor(() => expect(watching.feed.socketCount(chat)).toBe(1), patience);
    quiet.isAway = true;
    await vi.waitFor(() => expect(watching.feed.socketCount(chat)).toBe(0), patience);
    quiet.isAway = false;
    await quiet.publish(chat, 'Here I am');
    await vi.waitFor(() => expect(watching.feed.socketCount(chat)).toBe(1), patience);
    joined.leave();
    await follower.leave();
  });

  it('is not taken for dead because nobody can read', async () => {
    const watching = await start(5);
    const other = await start(5);
    const [here, there] = [await watching.follow(chat), await other.follow(chat)];
    const answer = other.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(here.text()).toBe('Half'), patience);
    clearInterval(reading);
    await new Promise((resolve) => setTimeout(resolve, 200));
    reading = setInterval(() => {
      for (const process of processes) process.read(1);
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await answer.end();
    await vi.waitFor(() => expect(here.messages()).toMatchObject([{ text: 'Half', status: 'complete' }]), patience);
    expect(await said()).toEqual([['Half', 'complete']]);
    await here.leave();
    await there.leave();
  });
});
