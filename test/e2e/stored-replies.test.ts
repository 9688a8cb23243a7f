import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';

let shared: SharedGateways | undefined;
let replica: RedisServer | undefined;
afterEach(async () => {
  replica?.resume();
  await shared?.close();
  await replica?.remove();
  shared = replica = undefined;
});

const ask = (key = 'once'): Promise<Answer> =>
  send('POST', `${shared?.url(0)}/v1/api/chat/support-agent`, {
    headers: { authorization: 'Bearer demo-key', 'idempotency-key': key },
    json: { message: 'Where is my order?' },
  });

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a reply that is asked for again', () => {
  it('is given from the store only where a replica has it, where what is acknowledged has to outlive its node', async () => {
    shared = await runSharedGateways(1, {
      configure: (demo) => {
        demo.store.durability = 'acknowledged';
      },
    });
    replica = await startRedis('--replicaof', `127.0.0.1 ${shared.redis.port}`);
    const follower = replica.client();
    await expect.poll(() => follower.info('replication'), { timeout: 10_000 }).toContain('master_link_status:up');
    const first = await ask();
    expect(first.status).toBe(200);
    expect((await ask()).body).toEqual(first.body);
    replica.pause();
    // A gateway may take a moment to see that there is a replica.
    let others = 0;
    await expect.poll(async () => (await ask(`other ${(others += 1)}`)).status, { timeout: 20_000 }).toBe(503);
    expect((await ask()).status).toBe(503);
    replica.resume();
    await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(200);
    expect((await ask()).body).toEqual(first.body);
  });
});
