import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { linesOf, workersOf } from '../support/workers.ts';

const headers = { authorization: 'Bearer demo-key' };
const agentPath = '/v1/api/chat/support-agent';

/** Leaves behind what the visitor asks for, and answers all the same. */
const careless = `
import { connect } from 'node:net';
const leave = {
  promise: () => void Promise.reject(new Error('floating')),
  reason: () => void Promise.reject('no error at all'),
  timer: () => setTimeout(() => { throw new Error('late'); }),
  nothing: () => setImmediate(() => { throw null; }),
  fetch: () => void fetch('http://127.0.0.1:1/'),
  socket: () => connect(1, '127.0.0.1'),
  wait: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
};
export default () => ({
  async *answer({ text }, { replyId }) {
    yield [{ type: 'reply-start', replyId }, { type: 'text-delta', text }];
    await leave[text]?.();
    yield [{ type: 'reply-end', finishReason: 'stop' }];
  },
});`;

/** Throws where no module has had a hand in it, when told to. */
const failing = `process.on('SIGUSR2', () => { throw new Error('of our own'); });`;

const hasRedis = hasAll({ 'redis-server': hasProgram('redis-server') });

let program: StartedProgram;
let folder: string;
afterEach(async () => {
  await program.kill();
  await removeFolder(folder);
});

async function start(change?: (config: any) => void): Promise<void> {
  folder = await emptyFolder();
  await writeFile(join(folder, 'careless.mjs'), careless);
  await writeFile(join(folder, 'failing.mjs'), failing);
  const path = await writeConfig(folder, (config) => {
    config.backends.mine = { type: 'module', path: join(folder, 'careless.mjs') };
    for (const agent of config.tenants[0].agents) agent.route = { backend: 'mine' };
    change?.(config);
  });
  program = await startProgram({
    environment: { DRAGOMAN_CONFIG: path },
    nodeArguments: ['--import', join(folder, 'failing.mjs')],
  });
}

const ask = (message: string) => send('POST', program.url + agentPath, { headers, json: { message } });
const counted = () => readMetric(program.url, 'dragoman_module_errors_total', { backend: 'mine' });
const lines = () =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));

describe('an error that nobody caught', () => {
  it('of a module is told and counted as its own, and the program goes on', async () => {
    await start();
    const kinds = ['promise', 'reason', 'timer', 'nothing', 'fetch', 'socket'];
    for (const [number, kind] of kinds.entries()) {
      expect(await ask(kind)).toMatchObject({ status: 200 });
      await expect.poll(counted).toBe(number + 1);
    }
    expect(await ask('well')).toMatchObject({ status: 200 });
    const told = lines().filter((line) => /"backend":"mine".*uncaught error in a module backend/.test(line));
    expect(told).toHaveLength(kinds.length);
    expect(program.child.exitCode).toBeNull();
  });

  it('of our own ends the program when what runs has ended, with a line and a code that say so', async () => {
    await start();
    const running = await openStream(program.url + agentPath, { headers, json: { message: 'wait', stream: true } });
    await running.next();
    program.child.kill('SIGUSR2');
    expect((await running.rest()).at(-1)).toMatchObject({ data: '[DONE]' });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    const told = lines().filter((line) => /of our own.*uncaught error: the program drains/.test(line));
    expect(told).toHaveLength(1);
  });
});

describe.runIf(hasRedis)('an error that nobody caught in one of several processes', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  it('ends that one alone, and another takes its place', async () => {
    await start((config) => {
      config.store = { engine: 'redis', url: redis.url };
      config.processes = 2;
      config.log.level = 'info';
    });
    const soon = { timeout: 30_000 };
    await expect.poll(() => readMetric(program.url, 'dragoman_workers'), soon).toBe(2);
    const [failed = 0] = workersOf(program);
    process.kill(failed, 'SIGUSR2');
    const ends = () => linesOf(program).filter(({ msg }) => msg === 'worker exited: it is replaced');
    await expect.poll(ends, soon).toMatchObject([{ code: 1, signal: null }]);
    await expect.poll(() => readMetric(program.url, 'dragoman_worker_restarts_total'), soon).toBe(1);
    expect(await ask('well')).toMatchObject({ status: 200 });
    expect(program.child.exitCode).toBeNull();
  });
});
