import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import {
  emptyFolder,
  freePort,
  projectFolder,
  removeFolder,
  type StartedProgram,
  spawnProgram,
  startProgram,
  writeConfig,
} from '../support/program.mjs';

const complete = hasAll({ curl: hasProgram('curl'), bash: hasProgram('bash') });

/** What a newcomer has after the build: the program and the demo, in a folder of their own. */
let installed: string;
const running: StartedProgram[] = [];

beforeAll(async () => {
  installed = await emptyFolder();
  for (const part of ['dist', 'config', 'schemas', 'package.json']) {
    await cp(join(projectFolder, part), join(installed, part), { recursive: true });
  }
  await symlink(join(projectFolder, 'node_modules'), join(installed, 'node_modules'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});
afterAll(() => removeFolder(installed));

async function start(environment: Readonly<Record<string, string>> = {}): Promise<StartedProgram> {
  const program = await startProgram({ folder: installed, environment: { PORT: '0', ...environment } });
  running.push(program);
  return program;
}

/** A start that must not succeed: what it prints for people, and its exit code. */
async function refusal(environment: Readonly<Record<string, string>>) {
  const program = spawnProgram({ folder: installed, environment: { PORT: '0', ...environment } });
  const { code } = await program.ended;
  expect(program.printed.stderr).not.toMatch(/^\s+at /m); // no stack: it is not a bug of the program
  return { code, said: program.printed.stderr };
}

describe.runIf(complete)('the demo', () => {
  it('says where it listens, which keys it has, and one line a dialect that can be pasted', async () => {
    const program = await start();
    const printed = program.printed.stdout;
    for (const secret of ['demo-key', 'sk_demo', 'demo-admin']) expect(printed).toContain(secret);
    const lines = [...printed.matchAll(/^# ([\w-]+)\n(curl .*)$/gm)].map(([, name = '', line = '']) => ({
      name,
      line,
    }));
    const dialects = ['homie', 'item-discovery', 'agent-slug', 'tenant-chats', 'openai', 'widget'];
    expect(lines.map(({ name }) => name)).toEqual([...dialects, 'operators']);
    for (const { name, line } of lines) {
      const { stdout } = await promisify(execFile)('bash', [
        '-c',
        line.replace(/^curl /, 'curl -sS --fail-with-body '),
      ]);
      expect(stdout, name).toMatch(/"id"|"conversation_id"|\[DONE\]|"total"/);
    }
  });

  it('listens where PORT and HOST say', async () => {
    const port = await freePort();
    const program = await start({ PORT: String(port), HOST: 'localhost' });
    expect(new URL(program.url).port).toBe(String(port));
    expect((await send('GET', `${program.url}/readyz`)).body).toEqual({ status: 'ready' });
  });

  it('does not listen on all addresses', async () => {
    const { code, said } = await refusal({ HOST: '0.0.0.0' });
    expect(code).toBe(1);
    expect(said).toMatch(/demo/);
    expect(said).toMatch(/0\.0\.0\.0|HOST|loopback/);
  });
});

describe('a configuration', () => {
  it('is the one that DRAGOMAN_CONFIG names', async () => {
    const folder = await emptyFolder();
    const path = await writeConfig(folder, (config) => {
      config.tenants[0].name = 'A shop of our own';
    });
    expect((await start({ DRAGOMAN_CONFIG: path })).printed.stdout).toContain('A shop of our own');
    await removeFolder(folder);
  });

  it('that is not there is named', async () => {
    const { code, said } = await refusal({ DRAGOMAN_CONFIG: 'nowhere/gateway.yaml' });
    expect([code, said]).toEqual([1, expect.stringContaining('nowhere/gateway.yaml')]);
  });

  it('that is broken is told with its file, its line and the place in it', async () => {
    const demo = await readFile(join(installed, 'config', 'gateway.yaml'), 'utf8');
    const broken = demo.replace('points: 1000', 'points: many');
    const path = join(installed, 'config', 'broken.yaml');
    await writeFile(path, broken);
    const { code, said } = await refusal({ DRAGOMAN_CONFIG: path });
    const line = broken.slice(0, broken.indexOf('points: many')).split('\n').length;
    expect(code).toBe(1);
    expect(said).toContain(`broken.yaml:${line}`);
    expect(said).toMatch(/tenants(\.|\[)0\]?\.keys(\.|\[)0\]?\.limits\.requests\.points/);
    expect(said).toContain('got text of 4 characters');
  });

  it('whose catalogue is not there is told with the catalogue’s path', async () => {
    const folder = await emptyFolder();
    const path = await writeConfig(folder, (config) => {
      config.catalogs.shop.file = './gone.ndjson';
    });
    const { code, said } = await refusal({ DRAGOMAN_CONFIG: path });
    expect([code, said]).toEqual([1, expect.stringContaining(join(folder, 'gone.ndjson'))]);
    await removeFolder(folder);
  });
});

describe('a start in the way of another', () => {
  it('on a port in use says which', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = Object(other.address());
    const { code, said } = await refusal({ PORT: String(port) });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`port ${port}.*in use`, 'i'));
    expect(said).toContain('PORT');
    other.close();
  });

  it('over the same data says which folder', async () => {
    await start();
    const { code, said } = await refusal({});
    expect(code).toBe(1);
    expect(said).toContain(join(installed, 'data'));
    expect(said).toMatch(/another|in use|already/i);
  });
});

describe('the end', () => {
  it('comes with SIGTERM after the running request, with exit code 0 (failure 37)', async () => {
    const program = await start();
    const body = JSON.stringify({ message: 'Do you ship to Canada?' });
    const asking = request(`${program.url}/v1/chat`, {
      method: 'POST',
      agent: false, // a connection that is kept for later would be waited for too
      headers: {
        authorization: 'Bearer demo-key',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        expect: '100-continue',
      },
    });
    asking.flushHeaders();
    await once(asking, 'continue'); // the gateway has begun this request, and waits for its body
    program.child.kill('SIGTERM');
    await expect.poll(async () => (await send('GET', `${program.url}/readyz`)).status).toBe(503);
    asking.end(body);
    const [response] = await once(asking, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('closes the sockets and streams that nobody would end', async () => {
    const program = await start();
    const headers = { 'x-api-key': 'demo-key' };
    const userId = '1bd2e7c4-8a90-4b17-9f36-6e2b5d8f7a3e';
    const chat = await send('POST', `${program.url}/v1/chats`, { headers, json: { chatbotId, userId } });
    const stream = await fetch(`${program.url}/v1/chats/${chat.body.id}/events`, { headers });
    const place = `${program.url.replace('http', 'ws')}/ws/chat`;
    const socket = new WebSocket(`${place}?api_key=demo-key&user_id=${userId}&chat_id=${chat.body.id}`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const { code } = await program.stop();
    const [closeCode] = await closed;
    expect([code, closeCode]).toEqual([0, 1001]);
    await stream.text().catch(() => undefined); // how it ends is not promised, that it ends is
  });

  it('by kill -9 leaves data with which it starts again', async () => {
    const first = await start();
    const headers = { 'x-api-key': 'demo-key' };
    const chat = await send('POST', `${first.url}/v1/chats`, { headers, json: { chatbotId } });
    await first.kill();
    const second = await start();
    const list = await send('GET', `${second.url}/v1/chats/${chat.body.id}/messages`, { headers });
    expect([chat.status, list.status, list.body.totalItems]).toEqual([201, 200, 0]);
  });
});

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
