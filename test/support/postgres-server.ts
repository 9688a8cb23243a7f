import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Certificate } from './certificate.ts';
import { freePort } from './redis-server.ts';

/** A PostgreSQL of a test's own, on a port and in a folder of its own, which outlive its process. */
export interface PostgresServer {
  /** Of its owner, who may do anything. */
  readonly url: string;
  readonly port: number;
  /** Resolves when it answers; at once if it runs. */
  start(): Promise<void>;
  /** All its connections end at once. */
  stop(): Promise<void>;
  /** Neither answers nor ends, as a machine that hangs does; nor do its connections. */
  pause(): void;
  resume(): void;
  /** What a statement gives, asked as its owner. */
  run<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** A connection of the test's own, which holds what it locks until it is ended. */
  client(): Promise<pg.Client>;
  remove(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Where Debian keeps the newest server's programs, or wherever the path finds them. */
function programFolder(): string {
  const versions = '/usr/lib/postgresql';
  const newest = existsSync(versions) ? readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))[0] : undefined;
  return newest === undefined ? '' : join(versions, newest, 'bin');
}

const program = (name: string): string => join(programFolder(), name);

/** Whether there is a server to start. */
export function hasPostgres(): boolean {
  try {
    execFileSync(program('initdb'), ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** It does not run as root: Debian makes a user for it. */
function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Starts one; with a certificate it speaks TLS too, and a user called `sealed` may come by that alone. */
export async function startPostgres(sealing?: Certificate): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-postgres-'));
  const port = await freePort();
  const owner = user();
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  execFileSync(program('initdb'), ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], {
    stdio: 'ignore',
    cwd: folder,
    ...owner,
  });
  const lines = [`port = ${port}`, "listen_addresses = '127.0.0.1'", `unix_socket_directories = '${folder}'`];
  const quick = ['fsync = off', 'full_page_writes = off', 'max_wal_size = 64MB'];
  const seal = sealing === undefined ? [] : ['ssl = on'];
  if (sealing !== undefined)
    for (const [name, from] of Object.entries({ 'server.crt': sealing.certificate, 'server.key': sealing.key })) {
      const file = join(data, name);
      await copyFile(from, file);
      await chmod(file, 0o600);
      if (owner.uid !== undefined && owner.gid !== undefined) await chown(file, owner.uid, owner.gid);
    }
  // Of all, a user called `guest` alone needs a password.
  await writeFile(
    join(data, 'pg_hba.conf'),
    'hostssl all sealed 127.0.0.1/32 trust\nhost all sealed 127.0.0.1/32 reject\n' +
      'host all guest 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n',
  );
  const file = join(data, 'postgresql.auto.conf');
  await writeFile(file, [...lines, ...quick, ...seal, ''].join('\n'));
  await chmod(file, 0o644);
  const url = `postgres://owner@127.0.0.1:${port}/postgres`;
  const clients: pg.Client[] = [];
  let child: ChildProcess | undefined;

  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client(url);
    client.on('error', () => undefined); // a test that ends the server is told so by what it asks
    await client.connect();
    return client;
  };
  async function start(): Promise<void> {
    if (child !== undefined) return;
    const started = spawn(program('postgres'), ['-D', data], { stdio: 'ignore', cwd: folder, ...owner });
    running.add(started);
    started.once('exit', () => running.delete(started));
    child = started;
    for (;;) {
      if (started.exitCode !== null) throw new Error(`postgres ended with ${started.exitCode}`);
      try {
        await (await connected()).end();
        return;
      } catch {
        await wait(20);
      }
    }
  }
  async function stop(): Promise<void> {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGQUIT'); // at once, its processes with it
    child = undefined;
    await ended;
  }
  /** The server and all processes of its connections. */
  const signalAll = (signal: NodeJS.Signals): void => {
    const parent = String(child?.pid);
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', parent], { encoding: 'utf8' }).trim().split(/\s+/);
    for (const pid of [parent, ...children]) process.kill(Number(pid), signal);
  };

  await start();
  return {
    url,
    port,
    start,
    stop,
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    async run<Row extends object>(sql: string, values: readonly unknown[] = []) {
      const client = await connected();
      try {
        return (await client.query<Row>(sql, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    async client() {
      const client = await connected();
      clients.push(client);
      return client;
    },
    async remove() {
      for (const client of clients) await client.end().catch(() => undefined);
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}
