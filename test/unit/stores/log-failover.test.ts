import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../../src/stores/log.ts';
import { connect, type RedisPlace } from '../../../src/stores/redis/connection.ts';
import { createKeys } from '../../../src/stores/redis/keys.ts';
import { openRedisLog } from '../../../src/stores/redis/log.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinels } from '../../support/redis-sentinel.ts';

const patience = { timeout: 25_000, interval: 20 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a log', () => {
  let prefix: string;
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(() => {
    prefix = `test-${randomUUID()}`;
  });
  afterEach(async () => {
    for (const resource of opened.splice(0).toReversed()) await resource.close();
  });

  async function open(place: RedisPlace) {
    const connection = await connect(place);
    opened.push(connection);
    const read: unknown[] = [];
    const reader = { entry: (entry: { read(): unknown }) => read.push(entry.read()), lost: () => read.push('lost') };
    const log: Log<unknown> = await openRedisLog({ connection, place, keys: createKeys(prefix) }, reader, {
      blockMs: 500,
    });
    opened.push(log);
    return { read, append: (note: unknown) => log.append('numbers', note) };
  }
  /** What was read, each once: what was not answered may have been carried out, and is appended again. */
  const notes = ({ read }: Opened) => [...new Set(read.filter((note) => note !== 'lost'))];
  type Opened = Awaited<ReturnType<typeof open>>;
  /** Appends until that succeeds, and all have read it. */
  async function agree(all: readonly Opened[], note: unknown): Promise<void> {
    await vi.waitFor(() => all[0]?.append(note), patience);
    for (const { read } of all) await vi.waitFor(() => expect(read.at(-1)).toBe(note), patience);
  }

  it('goes on in a Cluster, when the node that has it was away', async () => {
    const cluster = await startRedisCluster('--appendonly', 'yes', '--appendfsync', 'always');
    opened.push({ close: () => cluster.remove() });
    const all = [await open({ cluster: cluster.urls }), await open({ cluster: cluster.urls })];
    await Promise.all(
      all.flatMap(({ append }, which) => Array.from({ length: 25 }, (_, index) => append([which, index]))),
    );
    for (const { read } of all) await vi.waitFor(() => expect(read).toHaveLength(50), patience);
    expect(all[1]?.read).toEqual(all[0]?.read);
    const node = await cluster.nodeOf(createKeys(prefix).log);
    await node.kill();
    await vi.waitFor(
      () => expect(all[0]?.append('away')).rejects.toMatchObject({ code: 'store-unavailable' }),
      patience,
    );
    await node.start();
    await agree(all, 'back');
    expect(all[1]?.read).toEqual(all[0]?.read);
    expect(all[0]?.read).not.toContain('lost');
  }, 90_000);

  it('goes on with the new master, when Sentinels have made one', async () => {
    const group = await startRedisSentinels();
    opened.push({ close: () => group.remove() });
    const place = { sentinels: group.urls, group: group.group };
    const all = [await open(place), await open(place)];
    await agree(all, 'before');
    const old = await group.master();
    await old.kill();
    await group.failedOver(old);
    await agree(all, 'after');
    for (const log of all) expect(notes(log)).toEqual(['before', 'after']);
  }, 90_000);

  it('leaves a master that hangs', async () => {
    const group = await startRedisSentinels();
    opened.push({ close: () => group.remove() });
    const place = { sentinels: group.urls, group: group.group };
    const all = [await open(place), await open(place)];
    await agree(all, 'before');
    const old = await group.master();
    old.pause();
    await group.failedOver(old);
    await agree(all, 'after');
    old.resume();
    await agree(all, 'later');
    for (const log of all) expect(notes(log)).toEqual(['before', 'after', 'later']);
  }, 90_000);
});
