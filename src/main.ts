#!/usr/bin/env node
import cluster from 'node:cluster';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './cli/commands.ts';
import { fail } from './cli/explain-failure.ts';
import { runAlone } from './cli/run-alone.ts';
import { serveAsWorker } from './cli/serve-as-worker.ts';
import { heedSignals } from './cli/signals.ts';
import { supervise } from './cli/supervise.ts';
import { watchFiles } from './cli/watch-files.ts';
import { workerMark } from './cli/worker-calls.ts';
import { filesOf, loadConfig } from './config/index.ts';

const demoConfig = fileURLToPath(new URL('../config/gateway.yaml', import.meta.url));

/** Whether a command did what it was asked for, whatever it found: refused, or different; too little to tell. */
const isAnswer = (code: number): boolean => code === 0 || code === 1 || code === 3;

async function main(): Promise<void> {
  if (cluster.isWorker && process.env[workerMark] !== undefined) {
    await serveAsWorker();
    return;
  }
  const asked = await runCommand(process.argv.slice(2));
  if (asked !== 'serve') {
    (isAnswer(asked.code) ? process.stdout : process.stderr).write(asked.output);
    process.exitCode = asked.code;
    return;
  }
  const signals = heedSignals();
  const path = process.env['DRAGOMAN_CONFIG'] ?? demoConfig;
  const load = () => loadConfig({ path, env: process.env });
  const watch = watchFiles();
  await watch.follow([resolve(path)]); // before it is read: what changes from now on is a change
  await watch.followToo(filesOf(load()));
  const config = load();
  const run = config.processes === 1 ? runAlone : supervise;
  await run({ config, load, watch, signals });
}

main().catch(fail);
