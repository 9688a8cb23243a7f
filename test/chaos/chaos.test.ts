import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { hasAll, hasProgram } from '../support/needs.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinels } from '../support/redis-sentinel.ts';
import { startRedis } from '../support/redis-server.ts';
import { type Chaos, runChaos } from './run.ts';

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function expectKept(chaos: Chaos): Promise<void> {
  const { problems, outcomes, kills, limited, windows, open, summary } = await runChaos(chaos);
  console.log(summary);
  expect(problems.slice(0, 20)).toEqual([]);
  // Otherwise nothing was tried.
  expect(kills).toBeGreaterThanOrEqual(5);
  expect(windows.length).toBeGreaterThanOrEqual(2);
  expect(outcomes.broken).toBeGreaterThan(0);
  expect(limited).toBeGreaterThan(0);
  expect(open).toBeGreaterThan(1);
  expect(outcomes.refused + outcomes.failed).toBeGreaterThan(0);
}

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
  'four gateways that are killed one after the other keep all that they acknowledged, once and in order',
  () => {
    let redis: { remove(): Promise<void> };
    afterEach(() => redis.remove());

    it('over a Redis that is killed too', async () => {
      const server = await startRedis(...durable);
      redis = server;
      const breakRedis = async () => {
        await server.kill();
        await server.start();
      };
      await expectKept({ place: { url: server.url }, conversations: 2_000, killEveryMs: 3_000, breakRedis });
    }, 480_000);

    it('over a Cluster of which a node is killed too', async () => {
      const cluster = await startRedisCluster(...durable);
      redis = cluster;
      const breakRedis = async () => {
        const node = await cluster.nodeOf('dragoman:any'); // and the records of followed conversations with it
        await node.kill();
        await node.start();
        await cluster.whole();
      };
      await expectKept({ place: { cluster: cluster.urls }, conversations: 2_000, killEveryMs: 3_000, breakRedis });
    }, 480_000);

    it('over a master that is killed too, and replaced by Sentinels', async () => {
      const group = await startRedisSentinels(...durable);
      redis = group;
      const breakRedis = async () => {
        const master = await group.master();
        const replicas = group.servers.filter((server) => server !== master);
        // What the master takes now, and acknowledges before a replica has it, is lost: that lies in connections which break.
        for (const replica of replicas) replica.pause();
        await pause(500);
        await master.kill();
        for (const replica of replicas) await replica.kill();
        await Promise.all(replicas.map((replica) => replica.start()));
        await group.failedOver(master);
      };
      await expectKept({
        place: { sentinels: group.urls, group: group.group },
        conversations: 2_000,
        killEveryMs: 3_000,
        breakRedis,
      });
    }, 480_000);
  },
);
