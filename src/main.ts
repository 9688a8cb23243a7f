import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from './cli/explain-failure.ts';
import { runAlone } from './cli/run-alone.ts';
import { watchFiles } from './cli/watch-files.ts';
import { filesOf, loadConfig } from './config/index.ts';

const demoConfig = fileURLToPath(new URL('../config/gateway.yaml', import.meta.url));

async function main(): Promise<void> {
  const path = process.env['DRAGOMAN_CONFIG'] ?? demoConfig;
  const load = () => loadConfig({ path, env: process.env });
  const watch = watchFiles();
  await watch.follow([resolve(path)]); // before it is read: what changes meanwhile is a change
  const config = load();
  await watch.follow(filesOf(config));
  await runAlone({ config, load, watch });
}

main().catch(fail);
