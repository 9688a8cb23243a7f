import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Imported } from '../../src/archive/import.ts';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, projectFolder, removeFolder, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { draftConversation, draftMessage } from '../support/store-drafts.ts';

const conversations = 2_000;
const messages = 4;
/** Of an import or an export, whatever the size of the store: it is as many megabytes here. */
const heap = ['--max-old-space-size=64'];

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});
afterEach(() => removeFolder(folder));

/** Runs a command of the program, from a file (or what a test writes) and to one. */
function command(words: readonly string[], files: { readonly from?: string; readonly to?: string } = {}) {
  const child = spawn(process.execPath, [...heap, join(projectFolder, 'dist/main.js'), ...words], {
    env: { PATH: process.env['PATH'] },
  });
  const printed = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  const written = files.to === undefined ? undefined : child.stdout.pipe(createWriteStream(files.to));
  if (written === undefined)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.stdout += text;
    });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  if (files.from !== undefined) createReadStream(files.from).pipe(child.stdin);
  const ended = Promise.all([once(child, 'close'), written && finished(written)]).then(([[code]]) => Number(code));
  return { child, printed, ended };
}

async function run(words: readonly string[], files: { readonly from?: string; readonly to?: string } = {}) {
  const { child, printed, ended } = command(words, files);
  if (files.from === undefined) child.stdin.end();
  const code = await ended;
  return { code, ...printed, sha256: /^sha256 (\w+)$/m.exec(printed.stdout + printed.stderr)?.[1] };
}

const digest = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

async function place(name: string, store: object): Promise<string> {
  const own = join(folder, name);
  await mkdir(own, { recursive: true });
  return writeConfig(own, (config) => {
    config.store = store;
  });
}

async function fill(path: string): Promise<void> {
  const store = await openEmbeddedStore({ path });
  const text = 'x'.repeat(8_000);
  for (let count = 0; count < conversations; count += 100) {
    const drafts = Array.from({ length: 100 }, (_, index) => {
      const publicIds = [{ tenantId: 'shop', space: 'session', id: `visitor ${count + index}` }];
      return draftConversation({ publicIds, numberedIn: 'widget', userId: `user ${index}` });
    });
    await Promise.all(
      drafts.flatMap((draft) => [
        store.openConversation(draft),
        ...Array.from({ length: messages }, () => store.appendMessage(draftMessage(draft.conversation, { text }))),
      ]),
    );
  }
  await store.close();
}

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('dragoman export and import', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.remove());

  it('move all from a folder to Redis and back, killed in the middle and begun again, with equal digests and flat memory', {
    timeout: 300_000,
  }, async () => {
    const first = await place('first', { engine: 'embedded', path: './data' });
    const middle = await place('middle', { engine: 'redis', url: redis.url });
    const last = await place('last', { engine: 'embedded', path: './data' });
    await fill(join(folder, 'first', 'data'));
    const file = join(folder, 'first.ndjson');
    const exported = await run(['export', '--from', first], { to: file });
    expect(exported).toMatchObject({ code: 0, sha256: await digest(file) });
    expect(exported.stderr).toContain(`exported ${conversations} conversations, ${conversations * messages} messages`);

    // Redis shows how far it is.
    const client = redis.client();
    const killed = command(['import', file, '--to', middle]);
    while ((await client.zcard('dragoman:due:7')) < 40) await new Promise((resolve) => setImmediate(resolve));
    killed.child.kill('SIGKILL');
    await killed.ended;
    client.disconnect();
    await expectRest(middle, file);
    const second = join(folder, 'second.ndjson');
    expect(await run(['export', '--from', middle], { to: second })).toMatchObject({ sha256: exported.sha256 });

    // It has read half of it when it is killed.
    const half = command(['import', '--to', last]);
    const bytes = await readFile(second);
    await new Promise((resolve) => half.child.stdin.write(bytes.subarray(0, bytes.length / 2), resolve));
    half.child.kill('SIGKILL');
    await half.ended;
    await expectRest(last, second);
    const third = join(folder, 'third.ndjson');
    expect(await run(['export', '--from', last], { to: third })).toMatchObject({ code: 0, sha256: exported.sha256 });
    expect(await digest(third)).toBe(exported.sha256);
  });

  /** What an import that was killed has left to do is done, and is not all. */
  async function expectRest(config: string, file: string): Promise<void> {
    const { code, stdout, stderr } = await run(['import', '--json', '--to', config], { from: file });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { read, added, different, sha256 } = JSON.parse(stdout) as Imported & { readonly sha256: string };
    expect({ different, sha256 }).toEqual({ different: 0, sha256: await digest(file) });
    expect(read).toMatchObject({ conversations, messages: conversations * messages });
    expect(added.conversations).toBeGreaterThan(0);
    expect(added.conversations).toBeLessThan(conversations);
  }
});
