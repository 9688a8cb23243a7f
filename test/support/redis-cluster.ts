import { expect, vi } from 'vitest';
import { type RedisServer, startClusterNode } from './redis-server.ts';

/** A Cluster of a test's own: three masters that have the slots divided among them, and no replicas. */
export interface RedisCluster {
  readonly nodes: readonly [RedisServer, RedisServer, RedisServer];
  readonly urls: readonly string[];
  /** The node that has a key, or would have it. */
  nodeOf(key: string): Promise<RedisServer>;
  /** Resolves when each node says that it sees all others, and that all slots are served. */
  whole(): Promise<void>;
  remove(): Promise<void>;
}

const slots = 16_384;
const patience = { timeout: 20_000, interval: 20 };

/** Starts one. `settings` are further words of each node's command line. Without one of its nodes it serves what the others have. */
export async function startRedisCluster(...settings: readonly string[]): Promise<RedisCluster> {
  const manners = ['--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '1000'];
  const begin = () => startClusterNode(...manners, ...settings);
  const nodes = await Promise.all([begin(), begin(), begin()]);
  const size = nodes.length;
  const members = nodes.map((node) => ({ node, client: node.client() }));

  async function introduce(): Promise<void> {
    for (const [index, { client }] of members.entries()) {
      const [from, end] = [index, index + 1].map((place) => Math.ceil((place * slots) / size));
      await client.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(Number(end) - 1));
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const { node, client } of members) {
      const [, busPort = ''] = (await client.config('GET', 'cluster-port')) as readonly string[]; // name and value
      for (const other of members) await other.client.call('CLUSTER', 'MEET', '127.0.0.1', String(node.port), busPort);
    }
  }
  async function whole(): Promise<void> {
    for (const { client } of members) {
      const asked = ['cluster_state:ok', `cluster_slots_ok:${slots}`, `cluster_known_nodes:${size}`];
      await vi.waitFor(async () => {
        expect((await client.cluster('INFO')).split('\r\n')).toEqual(expect.arrayContaining(asked));
      }, patience);
    }
  }

  await introduce();
  await whole();
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    whole,
    async nodeOf(key) {
      const asked = members.find(({ client }) => client.status === 'ready') ?? members[0];
      const slot = (await asked?.client.cluster('KEYSLOT', key)) ?? 0;
      const node = nodes[Math.floor((slot * size) / slots)];
      if (node === undefined) throw new Error(`No node has slot ${slot}`);
      return node;
    },
    async remove() {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}
