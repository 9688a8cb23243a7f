import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { createLocalLeases } from '../../../src/stores/local/local-leases.ts';
import type { Store } from '../../../src/stores/store.ts';
import { type FeedProcess, startFeedProcess } from '../../support/feed-process.ts';
import { createHandLog, type HandLog } from '../../support/hand-log.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 10_000 };

const never = new AbortController().signal;

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
  store = await openEmbeddedStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

let log: HandLog;
let processes: FeedProcess[];
let chat: string;
beforeEach(async () => {
  log = createHandLog();
  processes = [];
  chat = (await store.openConversation(draftConversation())).conversation.id;
});
afterEach(async () => {
  for (const { feed } of processes) await feed.close();
});

async function start(settings: Parameters<typeof startFeedProcess>[0]['settings'] = {}): Promise<FeedProcess> {
  const process = await startFeedProcess({ log, store, leases, settings });
  processes.push(process);
  return process;
}
const leases = createLocalLeases();
const two = async () => [await start(), await start()] as const;
/** Has everybody read all, until nobody says anything more. */
async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    const length = log.length;
    for (const process of processes) process.read();
    await turn();
    quiet = log.length === length ? quiet + 1 : 0;
  }
}
/** Begins to follow, while only that process reads. */
async function follow(process: FeedProcess, after?: string) {
  const following = process.follow(chat, after);
  const reading = setInterval(() => process.read(), 1);
  try {
    return await following;
  } finally {
    clearInterval(reading);
  }
}

describe('who begins to follow while another process', () => {
  it('stores a message is told of it, though that process did not know', async () => {
    const [here, elsewhere] = await two();
    const follower = await follow(here);
    await elsewhere.publish(chat, 'one');
    await elsewhere.publish(chat, 'two');
    await settle();
    await vi.waitFor(() => expect(follower.messages().map(({ text }) => text)).toEqual(['one', 'two']), patience);
    await elsewhere.publish(chat, 'three');
    await settle();
    await vi.waitFor(
      () => expect(follower.messages().map(({ text }) => text)).toEqual(['one', 'two', 'three']),
      patience,
    );
    await follower.leave();
  });

  it('gives a reply is told it from its beginning, each part once', async () => {
    const [here, elsewhere] = await two();
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    const follower = await follow(here);
    answer.say('two ');
    await settle(); // now it knows
    expect(follower.text()).toBe('one two ');
    answer.say('three');
    await settle();
    expect(follower.text()).toBe('one two three');
    await answer.end();
    await settle();
    await vi.waitFor(() => expect(follower.messages().map(({ text }) => text)).toEqual(['one two three']), patience);
    await follower.leave();
  });

  it('deletes the conversation comes to an end', async () => {
    const [here, elsewhere] = await two();
    await follow(here);
    const { channel } = await joinAt(here);
    elsewhere.feed.end(chat);
    expect(channel.closed).toBe(false);
    await settle();
    expect(channel.closed).toBe(true);
  });
});

describe('who comes back while a reply ends', () => {
  /** Half of a reply is told, and all of it is stored, of which its process cannot tell. */
  async function endUntold() {
    const [here, elsewhere] = await two();
    const before = await follow(here);
    await settle();
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await settle();
    await before.leave();
    elsewhere.isAway = true;
    answer.say('two');
    await answer.end();
    return { elsewhere, follower: await follow(here, '0-0.0') };
  }

  it('hears the rest of it step by step, and its end once', async () => {
    const { elsewhere, follower } = await endUntold();
    await vi.waitFor(() => expect(follower.text()).toBe('one '), patience);
    elsewhere.isAway = false;
    await vi.waitFor(async () => {
      await settle();
      expect(follower.messages().map(({ text }) => text)).toEqual(['one two']);
    }, patience);
    expect(follower.text()).toBe('one two');
    await follower.leave();
  });

  it('is told it whole, if the rest is not told', async () => {
    const { follower } = await endUntold();
    await vi.waitFor(() => expect(follower.messages().map(({ text }) => text)).toEqual(['one two']), 10_000);
    await follower.leave();
  });
});

async function joinAt(process: FeedProcess, carrier: 'http' | 'socket' = 'http') {
  const joining = process.feed.join(chat, carrier, never);
  await turn();
  process.read();
  return joining;
}

describe('a feed', () => {
  it('has told what it said once it has come round', async () => {
    const here = await start();
    await joinAt(here);
    await here.publish(chat, 'one');
    let isTold = false;
    const told = here.feed.told().then(() => {
      isTold = true;
    });
    await turn();
    expect(isTold).toBe(false);
    here.read();
    await told;
  });

  it('says nothing of what nobody follows', async () => {
    const here = await start();
    const answer = here.answer(chat);
    answer.say('one');
    await answer.end();
    await here.publish(chat, 'two');
    here.feed.end(chat);
    expect(log.length).toBe(0);
  });

  it('counts the sockets of all processes, and not those that left', async () => {
    const [here, elsewhere] = await two();
    const one = await joinAt(here, 'socket');
    const other = await joinAt(here, 'socket');
    await joinAt(elsewhere, 'http');
    await joinAt(elsewhere, 'socket');
    await settle();
    expect(processes.map(({ feed }) => feed.socketCount(chat))).toEqual([3, 3]);
    one.leave();
    await settle();
    expect(processes.map(({ feed }) => feed.socketCount(chat))).toEqual([2, 2]);
    other.leave();
    other.leave();
    await settle();
    expect(processes.map(({ feed }) => feed.socketCount(chat))).toEqual([1, 1]);
  });

  it('refuses followers at once while its log is away', async () => {
    const here = await start();
    here.isAway = true;
    await expect(here.feed.join(chat, 'http', never)).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(here.feed.glance(chat, never)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('gives up a follower that leaves while it waits', async () => {
    const here = await start();
    const leaving = new AbortController();
    const joining = here.feed.join(chat, 'socket', leaving.signal);
    await turn();
    leaving.abort(new Error('left'));
    await expect(joining).rejects.toThrow('left');
    await settle();
    expect(here.feed.socketCount(chat)).toBe(0);
  });

  it('forgets a conversation that nobody has followed for the linger time, in all processes alike', async () => {
    const settings = { lingerMs: 1_000 };
    const [here, elsewhere] = [await start(settings), await start(settings)];
    const { channel, leave } = await joinAt(here);
    await here.publish(chat, 'one');
    const place = channel.newest;
    leave();
    await settle();
    log.pass(900);
    const soon = await joinAt(elsewhere);
    expect(soon.channel.since(place)).toHaveLength(1);
    soon.leave();
    await settle();
    log.pass(1_100);
    const late = await joinAt(elsewhere);
    expect(late.channel.since(place)).toBeUndefined();
  });

  it('tells again what was forgotten before anybody had read it', async () => {
    const [here, elsewhere] = await two();
    const follower = await follow(here);
    await settle();
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await settle();
    answer.say('two ');
    log.forget(1);
    await here.publish(chat, 'anything');
    await settle();
    expect(follower.text()).toBe('one two ');
    await follower.leave();
  });

  it('says what waits once, and when it is away and back', async () => {
    const said: string[] = [];
    const watch = {
      late: () => said.push('late'),
      away: () => said.push('away'),
      back: () => said.push('back'),
    };
    const here = await start({ watch });
    const follower = await follow(here);
    here.isAway = true;
    await here.publish(chat, 'one');
    await here.publish(chat, 'two');
    await turn();
    here.isAway = false;
    await vi.waitFor(() => expect(said).toContain('back'), patience);
    expect(said.sort()).toEqual(['away', 'back', 'late', 'late']);
    await settle();
    await vi.waitFor(() => expect(follower.messages().map(({ text }) => text)).toEqual(['one', 'two']), patience);
    await follower.leave();
  });
});
