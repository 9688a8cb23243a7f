import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measurable, measure } from '../support/measure.mjs';
import { freePort, spawnProgram, startProgram } from '../support/program.mjs';

const run = promisify(execFile);

/** Holds all threads of a process, and what they start, to some cores. False where the system cannot. */
async function hold(pid, cores) {
  return run('taskset', ['-a', '-c', '-p', cores, String(pid)]).then(
    () => true,
    () => false,
  );
}

/** Holds a process to one core. False where there are not so many. */
export const pin = async (pid, core) => core < cpus().length && hold(pid, String(core));

/** Lets a process and all that it has started run on every core. */
export async function spread(pid) {
  await Promise.all((await familyOf(pid)).map((one) => hold(one, `0-${cpus().length - 1}`)));
}

/** Lets processes run for a share of the time only, as a container's quota does. Gives how that is ended. */
export function ration(pids, share, periodMs = 20) {
  const tell = (signal) => {
    for (const pid of pids) process.kill(Number(pid), signal);
  };
  let timer;
  const work = () => {
    tell('SIGCONT');
    timer = setTimeout(rest, periodMs * share);
  };
  const rest = () => {
    tell('SIGSTOP');
    timer = setTimeout(work, periodMs * (1 - share));
  };
  work();
  return () => {
    clearTimeout(timer);
    tell('SIGCONT');
  };
}

/** A process and those that it has started. */
export async function familyOf(pid) {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.split(' ').filter(Boolean)];
}

/** A Node program on the core of what is measured. `cpu()` is what it has used so far, all threads together, in microseconds. */
export async function startNode(options) {
  const program = await startProgram({ ...options, nodeArguments: [...measurable, ...(options.nodeArguments ?? [])] });
  await pin(program.child.pid, 0);
  return { origin: program.url, cpu: () => cpuOf(program), stop: program.stop };
}

const cpuOf = async (program) => (await measure(program)).cpuMicroseconds;

/** A Node program that we did not write, which takes its port as an argument. */
export async function startForeignNode({ folder, script, environment }) {
  const port = await freePort();
  // What stands after the script goes to the script.
  const nodeArguments = [...measurable, script];
  const program = spawnProgram({ folder, nodeArguments, script: `--port=${port}`, environment });
  await whenOpen(port, program);
  await pin(program.child.pid, 0);
  const stop = () => {
    program.child.kill('SIGKILL');
    return program.ended;
  };
  return { origin: `http://127.0.0.1:${port}`, cpu: () => cpuOf(program), stop };
}

/** Resolves when a port takes connections; throws with the program's output if it ends before that. */
export async function whenOpen(port, { ended, output }) {
  const state = { over: false };
  ended.then(() => {
    state.over = true;
  });
  for (let attempt = 0; attempt < 300 && !state.over; attempt += 1) {
    if (await canConnect(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The program did not start:\n${output()}`);
}

const canConnect = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Whether nginx can be run here. */
export const hasNginx = () =>
  run('nginx', ['-v']).then(
    () => true,
    () => false,
  );

/** nginx as a pass-through in one process: connections kept open, nothing buffered, nothing logged. */
export async function startNginx({ folder, upstream }) {
  const port = await freePort();
  const path = join(folder, 'nginx.conf');
  await writeFile(path, nginxConfig({ folder, port, upstream: new URL(upstream).host }));
  const child = spawn('nginx', ['-p', folder, '-c', path, '-e', join(folder, 'nginx-error.log')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await whenOpen(port, { ended, output: () => 'nginx ended' });
  await pin(child.pid, 0);
  const stop = () => {
    process.off('exit', kill);
    child.kill('SIGTERM');
    return ended;
  };
  return { origin: `http://127.0.0.1:${port}`, cpu: () => ticksOf(child.pid), stop };
}

const nginxConfig = ({ folder, port, upstream }) => `
daemon off; master_process off; pid ${join(folder, 'nginx.pid')};
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  upstream fake { server ${upstream}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 100000000;
    location / { proxy_pass http://fake; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;

/** CPU of a process that tells nothing itself: in hundredths of a second, as Linux counts. */
export async function ticksOf(pid) {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
