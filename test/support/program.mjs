import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

/** The folder of the project. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Ends this process on the first signal by way of `exit`, so that what it started ends with it. */
export function endWithSignals() {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

/** An empty folder of one's own outside the project. */
export const emptyFolder = () => mkdtemp(join(tmpdir(), 'dragoman-'));

/** A port of the loopback that nothing listens on at this moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Writes the demo's configuration to `gateway.yaml` in a folder: data in the folder, no limits, quiet, any port. `change`
 * may change it as parsed YAML before. Gives the file's path.
 */
export async function writeConfig(folder, change = () => undefined) {
  const config = parse(await readFile(join(projectFolder, 'config', 'gateway.yaml'), 'utf8'));
  config.listen = { host: '127.0.0.1', port: 0, hosts: ['loopback', 'bench', 'gateway'] };
  config.store.path = './data';
  config.catalogs.shop.file = join(projectFolder, 'config', config.catalogs.shop.file);
  config.backends.shop.questions = join(projectFolder, 'config', config.backends.shop.questions);
  for (const key of config.tenants[0].keys) delete key.limits;
  // All that a test or a benchmark asks comes from one address.
  config.limits = { address: 'off', unknownSessions: 1_000_000 };
  config.log = { level: 'warn', format: 'json' };
  change(config);
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, stringify(config));
  return path;
}

/**
 * Starts a Node program as a process of its own, with nothing of this one's environment but PATH. `ended` resolves with its
 * exit code and signal; `output()` is all that it has printed so far.
 */
export function spawnProgram({
  folder = projectFolder,
  script = 'dist/main.js',
  environment = {},
  nodeArguments = [],
}) {
  const child = spawn(process.execPath, [...nodeArguments, script], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      printed[name] = (printed[name] + text).slice(-100_000);
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return { code, signal };
  });
  return { child, printed, ended, output: () => printed.stdout + printed.stderr };
}

/**
 * Starts the gateway (or another program that says `listens on <url>`) and waits until it listens. Throws, with what it printed, if
 * it ends before that or takes longer than a minute.
 */
export async function startProgram(options = {}) {
  const program = spawnProgram(options);
  const url = await Promise.race([
    announced(program),
    program.ended.then(() => undefined),
    new Promise((resolve) => setTimeout(resolve, 60_000).unref()),
  ]);
  if (url === undefined) {
    program.child.kill('SIGKILL');
    throw new Error(`The program did not start:\n${program.output()}`);
  }
  return {
    ...program,
    url,
    /** Asks it to end, and waits until it has. */
    stop() {
      program.child.kill('SIGTERM');
      return program.ended;
    },
    /** Ends it without a moment's notice. */
    kill() {
      program.child.kill('SIGKILL');
      return program.ended;
    },
  };
}

function announced({ child, printed }) {
  return new Promise((resolve) => {
    child.stdout.on('data', function look() {
      const [, url] = /listens on (http:\S+)/.exec(printed.stdout) ?? [];
      if (url === undefined) return;
      child.stdout.off('data', look);
      resolve(url);
    });
  });
}

/** Removes a folder and all that is in it. */
export const removeFolder = (folder) => rm(folder, { recursive: true, force: true });
