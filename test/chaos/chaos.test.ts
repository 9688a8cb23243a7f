import { describe, expect, it } from 'vitest';
import { hasAll, hasProgram } from '../support/needs.ts';
import { startRedis } from '../support/redis-server.ts';
import { type Chaos, runChaos } from './run.ts';

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function expectKept(chaos: Chaos): Promise<void> {
  const { problems, outcomes, kills, limited, summary } = await runChaos(chaos);
  console.log(summary);
  expect(problems.slice(0, 20)).toEqual([]);
  // Otherwise nothing was tried.
  expect(kills).toBeGreaterThan(1);
  expect(outcomes.broken).toBeGreaterThan(0);
  expect(limited).toBeGreaterThan(0);
  expect(outcomes.refused + outcomes.failed).toBeGreaterThan(0);
}

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
  'four gateways that are killed one after the other keep all that they acknowledged, once and in order',
  () => {
    it('over a Redis that is killed too', async () => {
      const redis = await startRedis(...durable);
      const breakRedis = async () => {
        await redis.kill();
        await redis.start();
      };
      await expectKept({ place: { url: redis.url }, conversations: 2_000, breakRedis });
      await redis.remove();
    }, 180_000);
  },
);
