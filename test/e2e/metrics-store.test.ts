import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { linesOf } from '../support/workers.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });
const soon = { timeout: 20_000, interval: 100 };

describe.runIf(isComplete)('a store that cannot be used', { timeout: 90_000 }, () => {
  let redis: RedisServer;
  let folder: string;
  let program: StartedProgram;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await emptyFolder();
  });
  afterEach(() => program.kill());
  afterAll(async () => {
    await redis.remove();
    await removeFolder(folder);
  });

  const isUp = () => readMetric(program.url, 'dragoman_store_up');
  const said = () =>
    linesOf(program)
      .filter(({ msg }) => /^store (?:un)?available/.test(msg))
      .map(({ level, reason = 'none' }) => [level, reason]);

  it('says why once, and that it is back, though nobody asks for it', async () => {
    await redis.client().config('SET', 'requirepass', 'right');
    const path = await writeConfig(folder, (config) => {
      config.store = { engine: 'redis', url: redis.url.replace('//', '//:wrong@') };
      config.log.level = 'info';
    });
    program = await startProgram({ environment: { DRAGOMAN_CONFIG: path } });
    await expect.poll(isUp, soon).toBe(0);
    for (let looks = 0; looks < 3; looks += 1) {
      expect(await send('GET', `${program.url}/readyz`)).toMatchObject({
        status: 503,
        body: { status: 'not ready', reason: 'the store does not answer' },
      });
    }
    const refused = ['warn', expect.stringContaining('WRONGPASS')];
    expect(said()).toEqual([refused]);

    await redis.kill();
    await redis.start(); // without a password, it takes any
    await expect.poll(isUp, soon).toBe(1);
    expect(said()).toEqual([refused, ['info', 'none']]);

    await redis.kill();
    await expect.poll(isUp, soon).toBe(0);
    const nobody = ['warn', expect.stringContaining('ECONNREFUSED')];
    expect(said()).toEqual([refused, ['info', 'none'], nobody]);
    expect(program.printed.stdout).not.toContain('wrong@');

    // A container that is unhealthy is replaced, which brings nobody his Redis back.
    const [, command = ''] = /^HEALTHCHECK[^]*?\n +CMD (\[.*\])$/m.exec(await readFile('Dockerfile', 'utf8')) ?? [];
    const [, ...parameters] = JSON.parse(command) as readonly string[];
    const { port } = new URL(program.url);
    await promisify(execFile)(process.execPath, parameters, { env: { PORT: port } });
    expect((await send('GET', `${program.url}/readyz`)).status).toBe(503);
  });
});
