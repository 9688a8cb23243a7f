import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { dataOf, openStream, send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { linesOf, startWorkers, statusOf, workersOf } from '../support/workers.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });
const soon = { timeout: 20_000, interval: 50 };

/** A backend that is not made before the file `wait` is gone, unless it has options, and then not while the file `fail` is there. */
const slowModule = `import { existsSync } from 'node:fs';
const there = (name) => existsSync(new URL(name, import.meta.url));
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
export default async ({ options }) => {
  if (options.anew && there('fail')) throw new Error('It fails');
  if (!options.anew && there('wait')) process.stdout.write('waits\\n');
  while (!options.anew && there('wait')) await pause();
  return { async *answer() { yield []; } };
};`;

describe.runIf(isComplete)('a configuration that several processes share', { timeout: 90_000 }, () => {
  let redis: RedisServer;
  let folder: string;
  let program: StartedProgram;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await emptyFolder();
  });
  afterAll(async () => {
    await redis.remove();
    await removeFolder(folder);
  });
  afterEach(() => program.kill());

  const start = async (change?: (config: any) => void): Promise<readonly number[]> => {
    program = await startWorkers(folder, { redis: redis.url, ...(change && { change }) });
    return workersOf(program);
  };
  const metric = (name: string, labels = {}) => readMetric(program.url, `dragoman_${name}`, labels);
  const said = () => linesOf(program).map(({ msg }) => msg);
  /** Writes the file anew, and has it looked at. */
  const change = async (to: (config: any) => void): Promise<void> => {
    const path = join(folder, 'gateway.yaml');
    const config = parse(await readFile(path, 'utf8'));
    to(config);
    await writeFile(`${path}.new`, stringify(config));
    await rename(`${path}.new`, path);
    program.child.kill('SIGHUP');
  };
  const onlyKey = (config: any): void => {
    config.tenants[0].keys[0].sha256 = 'a'.repeat(64);
  };

  it('takes over while one of them hangs, which follows when it is itself again', async () => {
    const [first = 0] = await start();
    process.kill(first, 'SIGSTOP');
    try {
      await change(onlyKey);
      await expect.poll(said, soon).toContain('configuration reloaded');
    } finally {
      process.kill(first, 'SIGCONT');
    }
    const statuses = async () => new Set(await Promise.all([1, 2, 3, 4].map(() => statusOf(program.url))));
    await expect.poll(statuses, soon).toEqual(new Set([401]));
    expect(await metric('worker_restarts_total')).toBe(0);
  });

  it('ends what a withdrawn key goes on hearing, whichever process it hears', async () => {
    await start();
    const headers = { 'x-api-key': 'demo-key' };
    const { body } = await send('POST', `${program.url}/api/v1/chats/`, { headers, json: { user_id: 'anna' } });
    const streams = await Promise.all(
      Array.from({ length: 12 }, () => openStream(`${program.url}/v1/chats/${body.id}/events`, { headers })),
    );
    await change(onlyKey);
    await expect.poll(said, soon).toContain('configuration reloaded');
    const reloadedAt = Date.now();
    for (const told of await Promise.all(streams.map((stream) => stream.rest()))) {
      expect(dataOf(told).at(-1)).toMatchObject({ status: 'failed' });
    }
    expect(Date.now() - reloadedAt).toBeLessThan(5_000);
  });

  it('is the newest one where none of them can begin by the last good one any more', async () => {
    await copyFile('config/catalog.ndjson', join(folder, 'catalog.ndjson'));
    const pids = await start((config) => {
      config.catalogs.shop.file = './catalog.ndjson';
    });
    const good = join(folder, 'good.ndjson');
    await rename(join(folder, 'catalog.ndjson'), good);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await expect.poll(said, soon).toContain('worker start failed');
    await change((config) => {
      config.catalogs.shop.file = good;
    });
    await expect.poll(() => statusOf(program.url), soon).toBe(200);
    await expect.poll(() => metric('workers'), soon).toBe(2);
  });

  it('and one that begins cannot follow has it leave, without a word to whoever comes meanwhile', async () => {
    const file = (name: string) => join(folder, name);
    await writeFile(file('slow.mjs'), slowModule);
    const [first = 0] = await start((config) => {
      config.backends.slow = { type: 'module', path: './slow.mjs' };
    });
    await writeFile(file('wait'), '');
    process.kill(first, 'SIGKILL');
    await expect.poll(() => program.printed.stdout, soon).toContain('waits\n');
    await change((config) => {
      config.backends.slow.options = { anew: true };
    });
    await expect.poll(said, soon).toContain('configuration reloaded');
    await writeFile(file('fail'), '');
    await rm(file('wait'));
    const isReplaced = () => said().filter((line) => line === 'worker exited: it is replaced').length > 1;
    const statuses = new Set<number | undefined>();
    while (!isReplaced()) statuses.add(await statusOf(program.url));
    expect(said()).toContain('worker failed to apply the configuration in force: it is replaced');
    expect(statuses).toEqual(new Set([200]));
    await rm(file('fail'));
    await expect.poll(() => metric('workers'), soon).toBe(2);
  });
});
