import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedSettings } from '../../../src/conversations/feed.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { type FeedProcess, startFeedProcess } from '../../support/feed-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 20_000, interval: 10 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a process that says nothing any more', () => {
  let redis: RedisServer;
  let prefix: string;
  let processes: FeedProcess[];
  let chat: string;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  beforeEach(() => {
    prefix = `test-${randomUUID()}`;
    processes = [];
  });
  afterEach(() => Promise.all(processes.map((process) => process.close())));

  async function start(settings: Partial<FeedSettings>): Promise<FeedProcess> {
    const process = await startFeedProcess({ url: redis.url, prefix }, settings);
    processes.push(process);
    return process;
  }
  const alive = { leaseMs: 600, renewMs: 100, deadMs: 600 };
  /** One that renews no lease. */
  const silent = { leaseMs: 600, renewMs: 3_600_000, deadMs: 600 };
  async function startAll(watching = 1) {
    const all = await Promise.all([...Array.from({ length: watching }, () => start(alive)), start(silent)]);
    const [first] = all;
    const dead = all.at(-1);
    if (dead === undefined) throw new Error('Nobody is there');
    chat = (await first.store.openConversation(draftConversation())).conversation.id;
    return { watching: all.slice(0, -1), first, dead };
  }
  const said = async () =>
    (await processes[0]?.store.messagesAfter(chat, 0, 100))?.map(({ text, status }) => [text, status]);

  it('has its reply ended once, however many find it silent', async () => {
    const { watching, dead } = await startAll(3);
    const followers = await Promise.all(watching.map((process) => process.follow(chat)));
    const answer = dead.answer(chat);
    answer.say('Half');
    for (const follower of followers) {
      await vi.waitFor(() => expect(follower.messages()).toHaveLength(1), patience);
      expect(follower.messages()).toMatchObject([{ id: answer.id, text: 'Half', status: 'failed', role: 'assistant' }]);
      await follower.leave();
    }
    expect(await said()).toEqual([['Half', 'failed']]);
  });

  it('has its reply ended by one that came later', async () => {
    const { first, dead } = await startAll();
    const early = await first.follow(chat);
    dead.answer(chat).say('Half');
    await vi.waitFor(() => expect(early.text()).toBe('Half'), patience);
    await early.leave();
    const late = await first.follow(chat, early.last());
    await vi.waitFor(() => expect(late.messages()).toMatchObject([{ text: 'Half', status: 'failed' }]), patience);
    expect(late.text()).toBe('');
    await late.leave();
  });

  it('has told what it had stored', async () => {
    const { first, dead } = await startAll();
    const follower = await first.follow(chat);
    const answer = dead.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(follower.text()).toBe('Half'), patience);
    dead.hardship.meet = () => {
      throw new GatewayError('store-unavailable', 'away');
    };
    answer.say(', whole');
    await answer.end();
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Half, whole' }]), patience);
    expect(follower.text()).toBe('Half, whole');
    expect(await said()).toEqual([['Half, whole', 'complete']]);
    await follower.leave();
  });

  it('is told again, whole, if it gives its reply after all', async () => {
    const { first, dead } = await startAll();
    const follower = await first.follow(chat);
    const answer = dead.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(1), patience);
    answer.say(', whole'); // which is refused
    await answer.end();
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(2), patience);
    expect(follower.messages().map(({ text, status, sequence }) => [text, status, sequence])).toEqual([
      ['Half', 'failed', 1],
      ['Half, whole', 'complete', 1],
    ]);
    expect(follower.text()).toBe('Half');
    await follower.leave();
  });

  it('leaves nothing in the history if nothing was said', async () => {
    const { first, dead } = await startAll();
    const follower = await first.follow(chat);
    dead.answer(chat);
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ status: 'failed', sequence: 0 }]), patience);
    expect(await said()).toEqual([]);
    await follower.leave();
  });

  it('has nothing kept of a reply in place of which the turn has another one, whole', async () => {
    const { first, dead } = await startAll();
    const follower = await first.follow(chat);
    await first.publish(chat, 'Hello');
    const half = dead.answer(chat);
    half.say('Half');
    await vi.waitFor(() => expect(follower.text()).toBe('Half'), patience);
    const again = first.answer(chat);
    again.say('Whole');
    await again.end();
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(3), patience);
    expect(follower.messages().at(-1)).toMatchObject({ id: half.id, status: 'failed', sequence: 0 });
    expect(await said()).toEqual([
      ['Hello', 'complete'],
      ['Whole', 'complete'],
    ]);
    await follower.leave();
  });

  it('has kept what it said, if the whole reply there is one to an earlier turn', async () => {
    const { first, dead } = await startAll();
    const follower = await first.follow(chat);
    await dead.publish(chat, 'Hello');
    await dead.answer(chat).end();
    await dead.publish(chat, 'And now?');
    dead.answer(chat).say('Half');
    await vi.waitFor(() => expect(follower.messages()).toHaveLength(4), patience);
    expect((await said())?.at(-1)).toEqual(['Half', 'failed']);
    await follower.leave();
  });

  it('is not taken for dead while it renews its lease, though its backend is silent', async () => {
    const { first } = await startAll();
    const other = await start(alive);
    const follower = await first.follow(chat);
    const answer = other.answer(chat);
    answer.say('Half');
    await vi.waitFor(() => expect(follower.text()).toBe('Half'), patience);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(follower.messages()).toEqual([]);
    await answer.end();
    await vi.waitFor(() => expect(follower.messages()).toMatchObject([{ text: 'Half', status: 'complete' }]), patience);
    await follower.leave();
  });
});
