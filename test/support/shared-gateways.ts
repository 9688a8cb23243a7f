import { runGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { openRedisWay, type RedisWay } from './redis-way.ts';

/** Several gateways over one Redis, each on a way of its own. */
export interface SharedGateways {
  readonly redis: RedisServer;
  readonly gateways: readonly TestGateway[];
  readonly ways: readonly RedisWay[];
  /** The URL of each gateway in turn, again and again. */
  url(index: number): string;
  close(): Promise<void>;
}

/** Starts so many, all of them with the same settings. */
export async function runSharedGateways(count: number, options: TestGatewayOptions = {}): Promise<SharedGateways> {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  const ways = await Promise.all(Array.from({ length: count }, () => openRedisWay(redis.port)));
  const gateways = await Promise.all(
    ways.map(({ url }) =>
      runGateway({
        ...options,
        configure(demo) {
          demo.store = { engine: 'redis', url };
          options.configure?.(demo);
        },
      }),
    ),
  );
  return {
    redis,
    gateways,
    ways,
    url: (index) => gateways[index % count]?.url ?? '',
    async close() {
      redis.resume();
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await Promise.all(ways.map((way) => way.close()));
      await redis.remove();
    },
  };
}
