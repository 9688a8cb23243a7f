import { fileURLToPath } from 'node:url';
import { startGateway } from './app.ts';
import { explainFailure } from './cli/explain-failure.ts';
import { loadConfig, welcome } from './config/index.ts';
import { createLog } from './observability/log.ts';

/** How long running calls may take to end after the first signal, in milliseconds. */
const drainMs = 10_000;

const demoConfig = fileURLToPath(new URL('../config/gateway.yaml', import.meta.url));

async function main(): Promise<void> {
  const config = loadConfig({ path: process.env['DRAGOMAN_CONFIG'] ?? demoConfig, env: process.env });
  const log = createLog(config.log);
  const gateway = await startGateway(config, log);
  process.stdout.write(welcome(config, gateway.url));

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130); // asked twice: at once
    stopping = true;
    log.info({ signal }, 'stopping');
    gateway.close(drainMs).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(failure: unknown): never {
  process.stderr.write(`${explainFailure(failure)}\n`);
  process.exit(1);
}

main().catch(fail);
