import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RedisPlace } from '../../../src/stores/redis/connection.ts';
import { type FeedProcess, startFeedProcessAt } from '../../support/feed-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinels } from '../../support/redis-sentinel.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 40_000, interval: 50 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('followers, over several servers', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const resource of opened.splice(0).toReversed()) await resource.close();
  });

  async function start(place: RedisPlace): Promise<FeedProcess> {
    const process = await startFeedProcessAt(place, 'test');
    opened.push(process);
    return process;
  }
  /** Half of a reply is told in another process, then `breakServers` is called, then the rest of it is. */
  async function talkThrough(place: RedisPlace, breakServers: (chat: string) => Promise<void>): Promise<void> {
    const [here, elsewhere] = [await start(place), await start(place)];
    const chat = (await here.store.openConversation(draftConversation())).conversation.id;
    const follower = await here.follow(chat);
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await vi.waitFor(() => expect(follower.text()).toBe('one '), patience);
    await breakServers(chat);
    answer.say('two ');
    await vi.waitFor(() => expect(follower.text()).toBe('one two '), patience);
    answer.say('three');
    await vi.waitFor(() => answer.end(), patience);
    await vi.waitFor(() => expect(follower.messages().at(-1)).toMatchObject({ text: 'one two three' }), patience);
    expect(follower.text()).toBe('one two three');
    await follower.leave();
  }

  it('are told on in a Cluster, when the node of their conversation was away', async () => {
    const cluster = await startRedisCluster('--appendonly', 'yes', '--appendfsync', 'always');
    opened.push({ close: () => cluster.remove() });
    await talkThrough({ cluster: cluster.urls }, async (chat) => {
      const node = await cluster.nodeOf(`test:{${chat}}:record`);
      await node.kill();
      await node.start();
      await cluster.whole();
    });
  }, 120_000);

  it('are told on by the new master, when Sentinels have made one', async () => {
    const group = await startRedisSentinels();
    opened.push({ close: () => group.remove() });
    await talkThrough({ sentinels: group.urls, group: group.group }, async () => {
      const old = await group.master();
      await old.kill();
      await group.failedOver(old);
    });
  }, 120_000);

  it('are told on when a master hangs', async () => {
    const group = await startRedisSentinels();
    opened.push({ close: () => group.remove() });
    const hanging: { resume?: () => void } = {};
    await talkThrough({ sentinels: group.urls, group: group.group }, async () => {
      const old = await group.master();
      old.pause();
      hanging.resume = () => old.resume();
      await group.failedOver(old);
    });
    hanging.resume?.();
  }, 120_000);
});
