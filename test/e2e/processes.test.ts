import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readMetric, readMetrics } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, spawnProgram, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { isAlive, linesOf, startWorkers, statusOf, workersOf } from '../support/workers.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });
const soon = { timeout: 20_000, interval: 50 };

let folder: string;
let program: StartedProgram;
beforeAll(async () => {
  folder = await emptyFolder();
});
afterAll(() => removeFolder(folder));

describe.runIf(isComplete)('several processes', { timeout: 90_000 }, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  afterEach(() => program.kill());

  const start = async (change?: (config: any) => void): Promise<readonly number[]> => {
    program = await startWorkers(folder, { redis: redis.url, ...(change && { change }) });
    return workersOf(program);
  };
  const metric = (name: string, labels = {}) => readMetric(program.url, `dragoman_${name}`, labels);
  const models = () => metric('requests_total', { operation: 'list-agents' });

  const body = JSON.stringify({ message: 'Do you ship to Canada?' });
  /** A request that a worker has begun to serve, and whose body it waits for. */
  const beginAsking = async () => {
    const headers = {
      authorization: 'Bearer demo-key',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      expect: '100-continue',
    };
    const asking = request(`${program.url}/v1/chat`, { method: 'POST', agent: false, headers });
    asking.on('error', () => undefined).flushHeaders();
    await once(asking, 'continue');
    return asking;
  };

  it('serve one address, which is said once, are counted as one, and all end what runs when they are told to end', async () => {
    const pids = await start();
    expect(pids).toHaveLength(2);
    expect(program.printed.stdout.match(/listens on/g)).toHaveLength(1);
    for (let call = 0; call < 10; call += 1) expect(await statusOf(program.url)).toBe(200);
    const served = linesOf(program).filter(({ msg }) => msg === 'openai list-agents');
    expect(new Set(served.map(({ pid }) => pid))).toEqual(new Set(pids));
    expect(await models()).toBe(10);
    expect([await metric('catalog_products'), await metric('config_generation')]).toEqual([80, 1]);
    const asking = await beginAsking();
    program.child.kill('SIGTERM');
    await expect.poll(() => statusOf(program.url), soon).toBe(503);
    asking.end(body);
    const [answer] = await once(asking, 'response');
    expect(answer.statusCode).toBe(200);
    answer.resume();
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('go on when one is killed, which is replaced, and what was counted stays', async () => {
    const [first = 0, second = 0] = await start();
    for (let call = 0; call < 6; call += 1) await statusOf(program.url);
    expect(await models()).toBe(6);
    const statuses: (number | undefined)[] = [];
    const load = Promise.all(
      [1, 2, 3].map(async () => {
        for (let call = 0; call < 60; call += 1) statuses.push(await statusOf(program.url));
      }),
    );
    await expect.poll(() => statuses.length).toBeGreaterThan(10);
    process.kill(first, 'SIGKILL');
    await load;
    // What the killed one was answering at that moment is all that may be lost.
    expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(3);
    await expect.poll(() => metric('workers'), soon).toBe(2);
    expect(await metric('worker_restarts_total')).toBe(1);
    // Each process tells its own; one that takes another's place takes its number, and counts anew under it.
    const perWorker = (name: string) =>
      readMetrics(program.url).then((samples) =>
        samples.filter((sample) => sample.name === name).map(({ labels }) => labels['worker']),
      );
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
      expect((await perWorker(name)).sort()).toEqual(['1', '2', 'primary']);
    expect(await readMetric(program.url, 'dragoman_store_up')).toBe(1);
    expect(await readMetric(program.url, 'dragoman_build_info')).toBe(1);
    expect(await models()).toBeGreaterThanOrEqual(6);
    expect(linesOf(program)).toContainEqual(expect.objectContaining({ pid: first, signal: 'SIGKILL' }));
    expect(isAlive(second)).toBe(true);
  });

  it('are not waited for by a client whose connection was about to be taken by one that is killed', async () => {
    const [first = 0] = await start();
    process.kill(first, 'SIGSTOP');
    const asked = [1, 2, 3, 4].map(() => statusOf(program.url));
    const counts = linesOf(program).length;
    await expect.poll(() => linesOf(program).length, soon).toBeGreaterThanOrEqual(counts + 3);
    process.kill(first, 'SIGKILL');
    expect(await Promise.all(asked)).toEqual([200, 200, 200, 200]);
  });

  it('tell their metrics while one of them hangs', async () => {
    const [first = 0] = await start();
    process.kill(first, 'SIGSTOP');
    try {
      // One that hangs is given one connection, and no more.
      const pages = [1, 2, 3].map(() => statusOf(program.url, { path: '/metrics', timeoutMs: 5_000 }));
      expect((await Promise.all(pages)).filter((status) => status === 200)).toHaveLength(2);
    } finally {
      process.kill(first, 'SIGCONT');
    }
  });

  it('tell no part of their metrics for the whole while the first process hangs', async () => {
    await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 }); // a connection of later is given to nobody
    const read = async () => {
      const asking = request(`${program.url}/metrics`, { agent }).end();
      const [answer] = await once(asking, 'response');
      return [answer.statusCode, (await text(answer)).includes('dragoman_requests_total')];
    };
    expect(await read()).toEqual([200, true]);
    program.child.kill('SIGSTOP');
    try {
      for (let page = 0; page < 2; page += 1) expect(await read()).toEqual([503, false]);
    } finally {
      program.child.kill('SIGCONT');
    }
    expect(await read()).toEqual([200, true]);
    expect(linesOf(program).filter(({ msg }) => /metrics/.test(msg))).toHaveLength(1);
    agent.destroy();
  });

  it('work by one configuration: all or none, and one that begins later by the last good one', async () => {
    const [first = 0] = await start();
    const path = join(folder, 'gateway.yaml');
    const written = await readFile(path, 'utf8');
    const names = async () => {
      const statuses = await Promise.all([1, 2, 3, 4].map(() => statusOf(program.url)));
      return new Set(statuses);
    };
    await writeFile(path, written.replace(/sha256: c48a01\w+/, `sha256: ${'a'.repeat(64)}`));
    program.child.kill('SIGHUP');
    await expect.poll(() => metric('config_generation'), soon).toBe(2);
    expect(await names()).toEqual(new Set([401]));
    await writeFile(path, written.replace(/catalog\.ndjson/, 'gone.ndjson'));
    program.child.kill('SIGHUP');
    await expect.poll(() => metric('config_reloads_total', { result: 'failed' }), soon).toBe(1);
    await writeFile(path, 'tenants: [');
    program.child.kill('SIGHUP');
    await expect.poll(() => metric('config_reloads_total', { result: 'refused' }), soon).toBe(1);
    expect(await metric('config_last_reload_success')).toBe(0);
    process.kill(first, 'SIGKILL');
    await expect.poll(() => metric('worker_restarts_total'), soon).toBe(1);
    await expect.poll(() => metric('workers'), soon).toBe(2);
    expect(await names()).toEqual(new Set([401]));
    await writeFile(path, written);
    program.child.kill('SIGHUP');
    await expect.poll(() => metric('config_generation'), soon).toBe(3);
    expect(await names()).toEqual(new Set([200]));
  });

  it('do not outlive the one that started them, but end what they have begun', async () => {
    const pids = await start();
    const asking = await beginAsking();
    const killed = once(program.child, 'exit');
    program.child.kill('SIGKILL');
    await killed;
    asking.end(body);
    const [answer] = await once(asking, 'response');
    expect(answer.statusCode).toBe(200);
    answer.resume();
    await expect.poll(() => pids.map(isAlive), soon).toEqual([false, false]);
    expect(await statusOf(program.url)).toBeUndefined();
  });

  it('end at once when they are told again', async () => {
    const pids = await start();
    await beginAsking();
    program.child.kill('SIGTERM');
    await expect.poll(() => statusOf(program.url), soon).toBe(503);
    program.child.kill('SIGTERM');
    expect((await program.ended).code).toBe(130);
    await expect.poll(() => pids.map(isAlive), soon).toEqual([false, false]);
  });

  it('that cannot begin end the program, with the reason', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = Object(other.address());
    const refusal = async (change: (config: any) => void) => {
      const path = await writeConfig(folder, (config) => {
        config.store = { engine: 'redis', url: redis.url };
        config.processes = 3;
        change(config);
      });
      const { ended, printed } = spawnProgram({ environment: { DRAGOMAN_CONFIG: path } });
      return [(await ended).code, printed.stderr];
    };
    const onTaken = (config: any): void => {
      config.listen.port = port;
    };
    expect(await refusal(onTaken)).toEqual([1, expect.stringMatching(new RegExp(`^Port ${port} .* in use .*\\n$`))]);
    const gone = (config: any): void => {
      config.catalogs.shop.file = './gone.ndjson';
    };
    expect(await refusal(gone)).toEqual([1, expect.stringContaining('gone.ndjson')]);
    other.close();
  });
});

describe('several processes over an embedded store', () => {
  it('are refused, with the reason and the way out', async () => {
    const path = await writeConfig(folder, (config) => {
      config.processes = 'auto';
    });
    const { ended, printed } = spawnProgram({ environment: { DRAGOMAN_CONFIG: path } });
    expect((await ended).code).toBe(1);
    expect(printed.stderr).toMatch(/processes: expected 1, because one process alone .* engine: redis/);
  });
});
