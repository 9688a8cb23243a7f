import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/program.mjs';
import { whenOpen } from './processes.mjs';

const run = promisify(execFile);

/** Where Debian keeps the newest server's programs, or wherever the path finds them. */
function program(name) {
  const versions = '/usr/lib/postgresql';
  const newest = existsSync(versions) ? readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))[0] : undefined;
  return newest === undefined ? name : join(versions, newest, 'bin', name);
}

/** Whether a PostgreSQL can be run here. */
export const hasPostgres = () =>
  run(program('initdb'), ['--version']).then(
    () => true,
    () => false,
  );

/** It does not run as root: Debian makes a user for it. */
function owner() {
  if (process.getuid() !== 0) return {};
  const id = (what) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A PostgreSQL with its own settings, but for more memory and what lets it be found, in a temporary folder that its user may read. */
export async function startPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-bench-'));
  const user = owner();
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const cluster = ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  await run(program('initdb'), cluster, { cwd: folder, ...user });
  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: folder, shared_buffers: '1GB' };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program('postgres'), ['-D', data, ...words], { stdio: 'ignore', cwd: folder, ...user });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = () => child.kill('SIGQUIT');
  process.once('exit', kill);
  await whenOpen(port, { ended, output: () => `postgres ended; its data was to be in ${data}` });
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
    await rm(folder, { recursive: true });
  };
  return { url: `postgres://owner@127.0.0.1:${port}/postgres`, stop };
}
