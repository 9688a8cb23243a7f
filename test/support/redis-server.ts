import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of a test's own, on a port and in a folder of its own, which outlive its process. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Resolves when it answers; at once if it runs. What was written before it was killed is there again, where it writes to disk. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Neither answers nor ends, as a machine that hangs does. */
  pause(): void;
  resume(): void;
  /** A client for the test itself. */
  client(): Redis;
  remove(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * A port of the loopback that nothing listens on, and that the system gives to nobody by itself: below those of outgoing
 * connections, so that what is killed can listen on it again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Starts one. `settings` are further words of its command line. */
export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
  return startServer((port, folder) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--save', '', '--repl-diskless-sync-delay', '0', ...settings],
  ]);
}

/** Starts a node of a Cluster, which knows no other yet. */
export async function startClusterNode(...settings: readonly string[]): Promise<RedisServer> {
  const busPort = await freePort();
  return startRedis('--cluster-enabled', 'yes', '--cluster-port', String(busPort), ...settings);
}

/** Starts a Sentinel with these lines of configuration, to which it adds what it learns. */
export async function startSentinel(...lines: readonly string[]): Promise<RedisServer> {
  return startServer(async (port, folder) => {
    const file = join(folder, 'sentinel.conf');
    await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...lines, ''].join('\n'));
    return [file, '--sentinel'];
  });
}

/** Starts `redis-server` with the command line that `wordsOf` makes for a port and a folder. */
async function startServer(
  wordsOf: (port: number, folder: string) => readonly string[] | Promise<readonly string[]>,
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-redis-'));
  const port = await freePort();
  const words = await wordsOf(port, folder);
  const clients: Redis[] = [];
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    if (child !== undefined) return;
    const started = spawn('redis-server', words, { stdio: 'ignore' });
    running.add(started);
    started.once('exit', () => running.delete(started));
    child = started;
    const probe = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    const ended = once(started, 'exit').then(([code]) => Promise.reject(new Error(`redis-server ended with ${code}`)));
    ended.catch(() => undefined); // later ends are wanted
    try {
      await Promise.race([probe.ping(), ended]);
    } finally {
      probe.disconnect();
    }
  }
  async function kill(): Promise<void> {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    child = undefined;
    await ended;
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
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
