import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type SpawnedProgram, spawnProgram, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { isAlive, linesOf, startWorkers, workersOf } from '../support/workers.ts';

const hasRedis = hasAll({ 'redis-server': hasProgram('redis-server') });
const soon = { timeout: 20_000, interval: 10 };
/** A backend that is never there, and says which process waits for it. */
const neverReady = `export default () => {
  setInterval(() => undefined, 1_000);
  process.stdout.write('waits ' + process.pid + '\\n');
  return new Promise(() => undefined);
};`;

let folder: string;
let program: SpawnedProgram;
beforeAll(async () => {
  folder = await emptyFolder();
  await writeFile(join(folder, 'never.mjs'), neverReady);
});
afterEach(async () => {
  program.child.kill('SIGKILL');
  await program.ended;
});
afterAll(() => removeFolder(folder));

/** Starts a program that never comes to listen. Resolves with the process that waits. */
async function startForEver(change: (config: any) => void = () => undefined): Promise<number> {
  const path = await writeConfig(folder, (config) => {
    config.backends.never = { type: 'module', path: './never.mjs' };
    change(config);
  });
  program = spawnProgram({ environment: { DRAGOMAN_CONFIG: path } });
  const waiting = () => Number(/^waits (\d+)$/m.exec(program.printed.stdout)?.[1]);
  await expect.poll(waiting, soon).toBeGreaterThan(0);
  return waiting();
}

describe('a program that is told to end before it listens', () => {
  it('ends at once, in good order', async () => {
    await startForEver();
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.printed.stderr).toBe('');
  });
});

describe.runIf(hasRedis)('several processes that are told to end', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  it('before any of them listens end at once, in good order', async () => {
    const worker = await startForEver((config) => {
      config.store = { engine: 'redis', url: redis.url };
      config.processes = 2;
    });
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.printed.stderr).toBe('');
    await expect.poll(() => isAlive(worker), soon).toBe(false);
  });

  it('while one of them has only just been started end all the same', async () => {
    const started = await startWorkers(folder, {
      redis: redis.url,
      change: (config) => {
        config.drain = '500ms';
      },
    });
    program = started;
    process.kill(workersOf(started)[0] ?? 0, 'SIGKILL');
    await expect.poll(() => readMetric(started.url, 'dragoman_worker_restarts_total'), soon).toBe(1);
    started.child.kill('SIGTERM');
    expect(await started.ended).toEqual({ code: 0, signal: null });
    expect(linesOf(started).map(({ msg }) => msg)).toContain('stopping');
  });
});
