import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  amountIn,
  type CountingProcess,
  countingKeys,
  countingPatience,
  startCounting,
} from '../../support/counting-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { openRedisWay } from '../../support/redis-way.ts';

const allowance = { most: 1_000, until: Date.now() + 86_400_000 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('what a reply took', () => {
  const toClose: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close();
  });

  const onDisk = ['--appendonly', 'yes', '--appendfsync', 'always'];
  async function startServer(): Promise<RedisServer> {
    const server = await startRedis(...onDisk);
    toClose.push(() => server.remove());
    return server;
  }
  async function start(place: Parameters<typeof startCounting>[0]): Promise<CountingProcess> {
    const one = await startCounting(place);
    toClose.push(() => one.close());
    return one;
  }
  const isUsed = (server: Pick<RedisServer, 'client'>, name: string, amount: number) =>
    vi.waitFor(async () => expect(await amountIn(server, name)).toBe(amount), countingPatience);

  it.each([
    ['less', 10],
    ['more', 950],
  ])('is told when Redis is back, if it is %s than was set aside, and nobody asks meanwhile', async (_what, took) => {
    const server = await startServer();
    const { counters } = await start(server);
    const given = await counters.reserve('n', 900, allowance);
    await server.kill();
    given?.settle(took);
    await server.start();
    await isUsed(server, 'n', took);
    expect((await counters.reserve('n', 500, allowance)) !== undefined).toBe(took < 500);
  });

  it('is told once, when Redis does not say anything until its connection is given up', async () => {
    const server = await startServer();
    const { counters, told } = await start(server);
    const given = await counters.reserve('n', 500, allowance);
    const other = await counters.reserve('m', 500, allowance);
    server.pause();
    given?.settle(540);
    other?.settle(100);
    await vi.waitFor(() => expect(told).toEqual(['away']), countingPatience);
    given?.settle(542);
    server.resume();
    await vi.waitFor(() => expect(told).toEqual(['away', 'back']), countingPatience);
    await isUsed(server, 'n', 542);
    await isUsed(server, 'm', 100);
  });

  it('is told after an outage in which there were very many', async () => {
    const server = await startServer();
    const { counters } = await start(server);
    const plenty = { ...allowance, most: 1e9 };
    await counters.reserve('n', 1, plenty);
    await server.kill();
    for (let count = 0; count < 130_000; count += 1) (await counters.reserve('n', 1, plenty))?.settle(2);
    await server.start();
    await isUsed(server, 'n', 260_001);
    // That many take their time where others compute beside them.
  }, 120_000);

  it('is told when Redis, which was full, has room again', async () => {
    const server = await startServer();
    const { counters, told } = await start(server);
    const given = await counters.reserve('n', 900, allowance);
    given?.settle(500); // which makes room, and would be taken
    await isUsed(server, 'n', 500);
    await server.client().config('SET', 'maxmemory', '1');
    given?.settle(10);
    await vi.waitFor(() => expect(told).toEqual(['away']), countingPatience);
    await server.client().config('SET', 'maxmemory', '0');
    await isUsed(server, 'n', 10);
  });

  it('is told after the way to Redis was cut while it was being told', async () => {
    const server = await startServer();
    const way = await openRedisWay(server.port);
    toClose.push(() => way.close());
    const { counters } = await start(way);
    const given = await counters.reserve('n', 900, allowance);
    way.forget();
    given?.settle(10);
    await vi.waitFor(() => expect(way.trips).toContainEqual(['settleAmount']), { ...countingPatience, interval: 0 });
    way.cut();
    way.mend();
    given?.settle(15);
    await isUsed(server, 'n', 15);
  });

  it('is told when a node of a Cluster is back, while the others were there', async () => {
    const cluster = await startRedisCluster(...onDisk);
    toClose.push(() => cluster.remove());
    const { counters } = await start({ cluster: cluster.urls });
    const given = await counters.reserve('n', 900, allowance);
    const node = await cluster.nodeOf(countingKeys.amount('n'));
    await node.kill();
    given?.settle(500);
    given?.settle(10);
    await node.start();
    await isUsed(node, 'n', 10);
  });

  it('is told before its process ends in good order', async () => {
    const server = await startServer();
    const { counters } = await start(server);
    const given = await counters.reserve('n', 900, allowance);
    for (let count = 1; count <= 5; count += 1) given?.settle(count * 10);
    await counters.close();
    expect(await amountIn(server, 'n')).toBe(50);
  });
});
