import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Nginx {
  /** `http://127.0.0.1:43210` */
  readonly url: string;
  close(): Promise<void>;
}

/** Whether it can be started here. */
export function hasNginx(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** An nginx of one process on a port of its own. `http` and `server` are what stands in those blocks of its configuration; `$folder` is its own. */
export async function startNginx({
  http = '',
  server,
}: {
  readonly http?: string;
  readonly server: string;
}): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const name of temporary) await mkdir(join(folder, name));
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/errors;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      ${http.replaceAll('$folder', folder)}
      server { listen 127.0.0.1:${port}; ${server.replaceAll('$folder', folder)} }
    }`,
  );
  const running = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'errors')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswered(url, running);
  return {
    url,
    async close() {
      const ended = once(running, 'exit');
      running.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return Object(address).port as number; // it listened on a port
}

async function untilAnswered(url: string, running: ChildProcess): Promise<void> {
  for (;;) {
    if (running.exitCode !== null) throw new Error(`nginx has ended with ${running.exitCode}`);
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
