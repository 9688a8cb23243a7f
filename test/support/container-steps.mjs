// Tries the Dockerfile: `npm run test:container`. Where a Docker engine answers, it builds and runs the image. Elsewhere it carries out
// the file's own steps in an empty folder outside the project, and starts its CMD there. Either way: the demo must be refused on all
// addresses, a configuration of one's own must come up healthy and answer, and SIGTERM must end it with 0.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildStages, commandOf, environmentOf, inStage, sizeOf } from './build-stages.mjs';
import { readSteps } from './dockerfile.mjs';
import { emptyFolder, endWithSignals, freePort, projectFolder, removeFolder, writeConfig } from './program.mjs';

const secret = 'a-key-of-ones-own';
const refusal = /demo/i;
const patience = 60_000;

endWithSignals();
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
function must(holds, what) {
  if (!holds) throw new Error(what);
  console.log(`  ok: ${what}`);
}

/** A configuration without the demo's secrets; its paths are those of the image, or of where it stands here. */
function ownConfig(folder, place) {
  return writeConfig(folder, (config) => {
    config.store.path = place('/app/data');
    config.catalogs.shop.file = place('/app/config/catalog.ndjson');
    config.backends.shop.questions = place('/app/config/questions.yaml');
    config.tenants[0].keys[0].sha256 = createHash('sha256').update(secret).digest('hex');
    delete config.tenants[0].sites;
    delete config.admin;
    delete config.listen;
  });
}

async function askOnce(port) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Which desk would you recommend for heavy tools?' }),
  });
  const { message, items } = await response.json();
  must(response.status === 200 && items.length > 0, `it answers a request: “${message?.slice(0, 60)}…”`);
}

async function until(holds, what) {
  for (const began = performance.now(); performance.now() - began < patience; await pause(250)) {
    if (await holds()) return must(true, what);
  }
  return must(false, what);
}

async function withoutDocker(folder) {
  const note = (text) => console.log(`  NOTE ${text}`);
  const steps = readSteps(readFileSync(join(projectFolder, 'Dockerfile'), 'utf8'));
  const stage = buildStages(steps, { context: projectFolder, root: join(folder, 'stages'), note });
  console.log(`the last stage: ${sizeOf(stage.folder)} MB beside Node`);
  must(stage.user !== 'root', `the image runs as ${stage.user}`);
  must(stage.volumes.length > 0, `data is in a volume (${stage.volumes.join(', ')})`);
  must(!existsSync(inStage(stage, 'node_modules/typescript')), 'nothing of development is in the image');

  const [command, ...parameters] = commandOf(stage, stage.command);
  const cwd = inStage(stage, '.');
  const refused = spawnSync(command, parameters, {
    cwd,
    env: environmentOf(stage),
    encoding: 'utf8',
    timeout: patience,
  });
  must(refused.status !== 0 && refusal.test(refused.stderr), 'the demo is refused on all addresses');

  const port = await freePort();
  const config = await ownConfig(folder, (path) => inStage(stage, path));
  const env = { ...environmentOf(stage), HOST: '127.0.0.1', PORT: String(port), DRAGOMAN_CONFIG: config };
  const program = spawn(command, parameters, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  process.on('exit', () => program.kill('SIGKILL'));
  const ended = once(program, 'exit');
  const [check, ...checked] = commandOf(stage, stage.healthcheck);
  const healthy = () => spawnSync(check, checked, { cwd, env, timeout: 5_000 }).status === 0;
  await until(healthy, 'HEALTHCHECK finds it healthy');
  await askOnce(port);
  const volume = inStage(stage, stage.volumes[0]);
  must(existsSync(volume) && readdirSync(volume).length > 0, 'what it stores is in the volume');
  program.kill('SIGTERM');
  const [code] = await ended;
  must(code === 0, `SIGTERM ends it with 0 (${code})`);
  must(!healthy(), 'HEALTHCHECK finds a stopped one unhealthy');
}

async function withDocker(folder) {
  const docker = (...parameters) => execFileSync('docker', parameters, { encoding: 'utf8' }).trim();
  const image = `dragoman-steps:${process.pid}`;
  const name = `dragoman-steps-${process.pid}`;
  execFileSync('docker', ['build', '-t', image, projectFolder], { stdio: 'inherit' });
  try {
    must(
      !['', 'root', '0'].includes(docker('inspect', '-f', '{{.Config.User}}', image)),
      'the image does not run as root',
    );
    const refused = spawnSync('docker', ['run', '--rm', image], { encoding: 'utf8', timeout: patience });
    must(refused.status !== 0 && refusal.test(refused.stderr), 'the demo is refused on all addresses');
    const port = await freePort();
    const config = await ownConfig(folder, (path) => path);
    chmodSync(folder, 0o755); // the image's user is another one
    const mounted = '/app/config/own.yaml';
    const options = [
      '-v',
      `${config}:${mounted}:ro`,
      '-e',
      `DRAGOMAN_CONFIG=${mounted}`,
      '-p',
      `127.0.0.1:${port}:8080`,
    ];
    docker('run', '-d', '--name', name, ...options, image);
    const health = () => docker('inspect', '-f', '{{.State.Health.Status}}', name);
    await until(() => health() === 'healthy', 'HEALTHCHECK finds it healthy');
    await askOnce(port);
    docker('stop', '-t', '30', name);
    const code = docker('inspect', '-f', '{{.State.ExitCode}}', name);
    must(code === '0', `SIGTERM ends it with 0 (${code})`);
  } finally {
    spawnSync('docker', ['rm', '-f', '-v', name]);
    spawnSync('docker', ['rmi', '-f', image]);
  }
}

const engine = spawnSync('docker', ['info'], { timeout: 10_000 }).status === 0;
console.log(
  engine
    ? 'A Docker engine answers: the image is built and run.'
    : 'NO DOCKER ENGINE: the steps of the Dockerfile are carried out in a folder instead.',
);
const folder = await emptyFolder();
try {
  await (engine ? withDocker : withoutDocker)(folder);
  console.log('The Dockerfile holds.');
} catch (failure) {
  console.error(`The Dockerfile does not hold: ${failure.message}`);
  process.exitCode = 1;
} finally {
  await removeFolder(folder);
}
process.exit();
