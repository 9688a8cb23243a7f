import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { readMetric } from '../support/metrics.ts';
import {
  emptyFolder,
  freePort,
  removeFolder,
  type StartedProgram,
  startProgram,
  writeConfig,
} from '../support/program.mjs';

let folder: string;
let program: StartedProgram | undefined;
beforeEach(async () => {
  folder = await emptyFolder();
});
afterEach(async () => {
  await program?.stop();
  program = undefined;
  await removeFolder(folder);
});

const configWith = (format: 'json' | 'text', port = 0) =>
  writeConfig(folder, (demo) => {
    demo.log = { level: 'info', format };
    demo.listen.port = port;
  });

/** Each call is an entry of the log. */
async function answersSeveral(url: string): Promise<void> {
  for (let call = 0; call < 20; call += 1) {
    const answer = await send('GET', `${url}/v1/models`, { headers: { authorization: 'Bearer demo-key' } });
    expect(answer.status).toBe(200);
  }
}

describe.each(['json', 'text'] as const)('a log of %s that cannot be written', (format) => {
  it('ends nothing when its reader leaves', async () => {
    program = await startProgram({ environment: { DRAGOMAN_CONFIG: await configWith(format) } });
    program.child.stdout.destroy();
    await answersSeveral(program.url);
    expect(program.child.exitCode).toBeNull();
    expect(await readMetric(program.url, 'dragoman_log_write_failures_total')).toBeGreaterThan(0);
  });

  it('ends nothing when its disk is full', async () => {
    const port = await freePort();
    const config = await configWith(format, port);
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['dist/main.js'], {
      stdio: ['ignore', full, 'ignore'],
      env: { PATH: process.env['PATH'], DRAGOMAN_CONFIG: config },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    closeSync(full);
    try {
      const url = `http://127.0.0.1:${port}`;
      const isReady = () =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      await expect.poll(isReady, { timeout: 20_000 }).toBe(true);
      await answersSeveral(url);
      expect(child.exitCode).toBeNull();
      expect(await readMetric(url, 'dragoman_log_write_failures_total')).toBeGreaterThan(0);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });
});

it('levels have their names in the log', async () => {
  program = await startProgram({ environment: { DRAGOMAN_CONFIG: await configWith('json') } });
  await answersSeveral(program.url);
  const { output } = program;
  await expect.poll(() => output()).toMatch(/^\{"level":"info","time":"[^"]+","requestId":/m);
});
