import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { openConnection, toBytes } from '../support/fuzz-wire.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { pictureOf } from '../support/pictures.ts';
import {
  emptyFolder,
  freePort,
  removeFolder,
  type StartedProgram,
  startProgram,
  writeConfig,
} from '../support/program.mjs';

const canLimit = hasAll({ prlimit: hasProgram('prlimit') });

let program: StartedProgram;
let folder: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = await emptyFolder();
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const path = await writeConfig(folder, (demo) => {
    demo.uploads = { path: './uploads' };
    demo.backends.far = { type: 'upstream', dialect: 'agent-slug', baseUrl: nobody, apiKey: 'x', agent: 'any' };
    demo.tenants[0].agents[1].route = { backend: 'far' };
  });
  program = await startProgram({ environment: { DRAGOMAN_CONFIG: path } });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await program.kill();
  await removeFolder(folder);
});

/** Lets the program open so many files and connections more, in place of those numbers that are free. */
async function leaveFree(count: number): Promise<void> {
  const pid = program.child.pid ?? 0;
  const open = new Set(await readdir(`/proc/${pid}/fd`));
  let most = 0;
  for (let free = count; open.has(String(most)) || free > 0; most += 1) if (!open.has(String(most))) free -= 1;
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:`]);
}

function upload() {
  const form = new FormData();
  form.set('site_key', 'sk_demo');
  form.set('session_id', 'sess_1');
  form.set('image', new Blob([new Uint8Array(pictureOf('image/png'))], { type: 'image/png' }), 'x.png');
  return new Request('http://gateway/', { method: 'POST', body: form });
}

describe.runIf(canLimit)('without a free file descriptor', () => {
  it('who is connected is answered, what has to open something is 502 or 503, and all goes on afterwards', async () => {
    const connection = await openConnection(program.url);
    sockets.push(connection.socket);
    const health = toBytes({ method: 'GET', target: '/healthz', headers: {} });
    connection.send(health);
    expect((await connection.answer())?.status).toBe(200);
    await leaveFree(0);

    for (let at = 0; at < 40; at += 1) {
      const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
    }
    connection.send(health);
    expect((await connection.answer())?.status).toBe(200);
    const asking = {
      method: 'POST',
      headers: { authorization: 'Bearer demo-key', 'content-type': 'application/json' },
    };
    connection.send(toBytes({ ...asking, target: '/v1/api/chat/agent-slug', body: '{"message":"Hello"}' }));
    const far = await connection.answer();
    expect([502, 503], far?.body).toContain(far?.status);
    await leaveFree(0);
    const sent = upload();
    const headers = { 'content-type': sent.headers.get('content-type') ?? '' };
    const body = new Uint8Array(await sent.arrayBuffer());
    connection.send(toBytes({ method: 'POST', target: '/api/v1/chat/upload-image', headers, body }));
    const uploaded = await connection.answer();
    expect([502, 503], uploaded?.body).toContain(uploaded?.status);
    connection.send(toBytes({ ...asking, target: '/v1/api/chat/support-agent', body: '{"message":"Hello"}' }));
    expect((await connection.answer())?.status).toBe(200);

    for (const socket of sockets.splice(1)) socket.destroy();
    await leaveFree(100);
    await expect.poll(async () => (await send('GET', `${program.url}/readyz`)).status).toBe(200);
    expect(program.child.exitCode).toBeNull();
    const told = program
      .output()
      .split('\n')
      .filter((line) => line.includes('too much at once'));
    expect(told.length).toBeLessThanOrEqual(1);
  });
});
