// What it costs to go through the gateway, beside what others cost, in one run: `npm run bench [-- --help]`.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithSignals, projectFolder, startProgram } from '../support/program.mjs';
import { benchCatalog } from './catalog.mjs';
import { benchCatalogInPostgres } from './catalog-postgres.mjs';
import { pin, spread } from './processes.mjs';
import { profileGateway } from './profile.mjs';
import { summarise, table, unrest } from './report.mjs';
import { measureAll } from './rounds.mjs';
import { scenarios } from './scenarios.mjs';
import { startSubjects } from './subjects.mjs';
import { measureWorkers } from './workers.mjs';

const help = `
  --seconds 0.5      how long each subject is asked in each scenario of each round
  --rounds 4         how often; the figures are medians
  --connections 32   how many visitors ask at once
  --only pattern     only subjects whose name matches, beside what they are held against; workers: one worker and two;
                     catalog: nothing but a large catalogue
  --products 500000  how many that one has
  --json file        where the figures go (coverage/bench.json)
  --portkey folder   a folder in which @portkey-ai/gateway is installed (or PORTKEY_FOLDER)
  --smoke            the shortest run that finds a subject that answers wrongly; its figures mean nothing
  --profile folder   no figures: where the gateway's time goes, with the profiles in the folder
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    only: { type: 'string' },
    products: { type: 'string' },
    json: { type: 'string', default: join(projectFolder, 'coverage', 'bench.json') },
    portkey: { type: 'string', default: process.env.PORTKEY_FOLDER },
    smoke: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const usual = values.smoke
  ? { seconds: 0.02, rounds: 1, connections: 4 }
  : { seconds: 0.5, rounds: 4, connections: 32 };
const chosen = Object.entries(usual).map(([name, value]) => [name, Number(values[name] ?? value)]);
const settings = { ...Object.fromEntries(chosen), warm: !values.smoke };

endWithSignals();
// On the disk of the checkout: a temporary folder may be in memory.
const folder = await mkdtemp(join(projectFolder, 'node_modules', '.bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
if (values.only === 'catalog') {
  const products = Number(values.products ?? (values.smoke ? 2_000 : 500_000));
  await benchCatalog({ folder, products });
  await benchCatalogInPostgres({ folder, products });
  process.exit(0);
}
// Everything on the second core, that which is measured on the first.
const pinned = await pin(process.pid, 1);
const { url: upstream, stop: stopUpstream } = await startProgram({ script: 'test/bench/fake-upstream.mjs' });
try {
  if (values.profile === undefined) await compare();
  else await profileGateway({ upstream, folder, output: values.profile, setScenario, ...settings });
} finally {
  await stopUpstream();
}
process.exit(0);

async function setScenario({ frames, perWrite, gapMs }) {
  const body = JSON.stringify({ frames, perWrite, gapMs });
  const { status } = await fetch(`${upstream}/scenario`, { method: 'POST', body });
  if (status !== 204) throw new Error(`The upstream took a scenario with ${status}`);
}

async function compare() {
  const { only, portkey } = values;
  const { subjects, missing, stop } = await startSubjects({ upstream, folder, only, portkey });
  try {
    await report(await measureAll(subjects, setScenario, settings), missing);
  } finally {
    await stop();
  }
}

/** Throughput of one worker and of two, unless only other subjects are wanted. */
async function compareWorkers(missing) {
  if (!/^(workers)?$/.test(values.only ?? '') || missing.has('workers')) return [];
  await spread(process.pid);
  const workers = await measureWorkers({ upstream, folder, setScenario, ...settings });
  console.log('\nWorkers over one Redis, on all cores, together with their visitors, their upstream and Redis:');
  console.table(workers);
  return workers;
}

async function report(measured, missing) {
  const rows = summarise(measured);
  const machine = { node: process.version, cores: cpus().length, pinned, unrest: unrest(measured) };
  console.log(`Node ${machine.node}, ${machine.cores} cores, ${pinned ? 'one' : 'none'} for the subject alone`);
  console.log(table(rows, missing));
  if (machine.unrest > 1.3) {
    console.log(`\nThe machine was busy with something else: one round cost ${machine.unrest} times what another did.`);
  }
  const workers = await compareWorkers(missing);
  await mkdir(dirname(values.json), { recursive: true });
  const document = {
    ...machine,
    ...settings,
    scenarios,
    rows,
    workers,
    measured,
    missing: Object.fromEntries(missing),
  };
  await writeFile(values.json, `${JSON.stringify(document, undefined, 2)}\n`);
}
