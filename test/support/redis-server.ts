import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of a test's own, on a free port, with a folder of its own that outlives its process. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Resolves when it answers. What was written before it was killed is there again, where it writes to disk. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Neither answers nor ends, as a machine that hangs does. */
  pause(): void;
  resume(): void;
  /** A client for the test itself. */
  client(): Redis;
  remove(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The socket has no port');
  return address.port;
}

/** Starts one. `settings` are further words of its command line. */
export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-redis-'));
  const port = await freePort();
  const words = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--repl-diskless-sync-delay',
    '0',
    ...settings,
  ];
  const clients: Redis[] = [];
  let process: ChildProcess | undefined;

  async function start(): Promise<void> {
    const child = spawn('redis-server', words, { stdio: 'ignore' });
    process = child;
    const probe = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`redis-server ended with ${code}`)));
    ended.catch(() => undefined); // later ends are wanted
    try {
      await Promise.race([probe.ping(), ended]);
    } finally {
      probe.disconnect();
    }
  }
  async function kill(): Promise<void> {
    if (process === undefined) return;
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    process = undefined;
    await ended;
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    pause: () => process?.kill('SIGSTOP'),
    resume: () => process?.kill('SIGCONT'),
    client() {
      const client = new Redis(port, '127.0.0.1');
      // A test that asks while nobody is there is told so by what it asked.
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async remove() {
      for (const client of clients) client.disconnect();
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** A Cluster of one node, which refuses a command or a script whose keys lie in two slots. */
export async function startRedisCluster(...settings: readonly string[]): Promise<RedisServer> {
  const server = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', ...settings);
  const client = server.client();
  await client.cluster('ADDSLOTSRANGE', 0, 16_383);
  while (!(await client.cluster('INFO')).includes('cluster_state:ok')) await new Promise((go) => setTimeout(go, 10));
  return server;
}
