import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '../support/program.mjs';
import { pin, ticksOf, whenOpen } from './processes.mjs';

/** Whether a Redis can be run here. */
export const hasRedis = () =>
  promisify(execFile)('redis-server', ['--version']).then(
    () => true,
    () => false,
  );

/**
 * A Redis that has what it was told on disk before it answers, unless it is told not to be `durable`; on one core if it is told. `cpu()`
 * is what it has used, in microseconds.
 */
export async function startRedis({ folder, core, durable = true }) {
  const port = await freePort();
  const words = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const onDisk = durable ? ['--appendonly', 'yes', '--appendfsync', 'always', '--appenddirname', `aof-${port}`] : [];
  const child = spawn('redis-server', [...words, ...onDisk].map(String), { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await whenOpen(port, {
    ended,
    output: () => `redis-server ended; what it writes was to be in ${folder}`,
  });
  if (core !== undefined) await pin(child.pid, core);
  const stop = () => {
    process.off('exit', kill);
    kill();
    return ended;
  };
  return { url: `redis://127.0.0.1:${port}`, cpu: () => ticksOf(child.pid), stop };
}
