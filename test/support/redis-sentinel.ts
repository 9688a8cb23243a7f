import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { type RedisServer, startRedis, startSentinel } from './redis-server.ts';

/** A group of a test's own: a master, two replicas, and three Sentinels of which two have to agree. */
export interface RedisSentinels {
  /** The Sentinels' addresses. */
  readonly urls: readonly string[];
  readonly group: string;
  readonly sentinels: readonly RedisServer[];
  /** The first is the master with which it begins. */
  readonly servers: readonly RedisServer[];
  /** Whom the Sentinels hold for the master. */
  master(): Promise<RedisServer>;
  /** Resolves with the new master, when all Sentinels hold another than `old` for it, and it can be written to. */
  failedOver(old: RedisServer): Promise<RedisServer>;
  remove(): Promise<void>;
}

const group = 'dragoman';
const size = 3;
const patience = { timeout: 30_000, interval: 50 };

/** Starts one. `settings` are further words of the command line of the master and of its replicas. */
export async function startRedisSentinels(...settings: readonly string[]): Promise<RedisSentinels> {
  // A master without replicas may have been replaced, and not know it yet.
  const manners = ['--min-replicas-to-write', '1', ...settings];
  const first = await startRedis(...manners);
  const replicaOf = ['--replicaof', '127.0.0.1', String(first.port)];
  const replicas = await Promise.all(Array.from({ length: size - 1 }, () => startRedis(...replicaOf, ...manners)));
  const client = first.client();
  // A Sentinel that comes first would look for replicas again only after ten seconds.
  await vi.waitFor(async () => expect((await client.role())[2]).toHaveLength(replicas.length), patience);
  const sentinels = await Promise.all(
    Array.from({ length: size }, () =>
      startSentinel(
        `sentinel monitor ${group} 127.0.0.1 ${first.port} 2`,
        // It asks every second: sooner, one late answer would do.
        `sentinel down-after-milliseconds ${group} 2500`,
        `sentinel failover-timeout ${group} 2000`,
      ),
    ),
  );
  const servers = [first, ...replicas];
  const askers = sentinels.map((sentinel) => sentinel.client());

  /** What each Sentinel knows of the group. */
  const known = () => Promise.all(askers.map((asker) => factsOf(asker)));
  const serverOn = (port: string | undefined): RedisServer => {
    const found = servers.find((server) => String(server.port) === port);
    if (found === undefined) throw new Error(`No server listens on ${port}`);
    return found;
  };

  await vi.waitFor(async () => {
    const acquainted = { 'num-slaves': String(replicas.length), 'num-other-sentinels': String(size - 1) };
    for (const facts of await known()) expect(facts).toMatchObject(acquainted);
  }, patience);
  return {
    urls: sentinels.map(({ url }) => url),
    group,
    sentinels,
    servers,
    master: async () => serverOn((await known())[0]?.['port']),
    failedOver: (old) =>
      vi.waitFor(async () => {
        const ports = new Set((await known()).map((facts) => facts['port']));
        expect(ports.size).toBe(1);
        const [port] = ports;
        expect(port).not.toBe(String(old.port));
        const master = serverOn(port);
        expect((await master.client().role())[0]).toBe('master');
        return master;
      }, patience),
    async remove() {
      await Promise.all([...sentinels, ...servers].map((server) => server.remove()));
    },
  };
}

/** Names and values, which come in turn. */
async function factsOf(asker: Redis): Promise<Readonly<Record<string, string>>> {
  const words = (await asker.call('SENTINEL', 'MASTER', group)) as readonly string[]; // so Sentinels answer
  return Object.fromEntries(words.flatMap((name, index) => (index % 2 === 0 ? [[name, words[index + 1] ?? '']] : [])));
}
