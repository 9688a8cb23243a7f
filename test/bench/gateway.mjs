// What a turn costs in each dialect: `npm run bench [-- --seconds 3 --connections 32]`. CPU is the served process's own, all of its
// threads together (the store writes in one of its own) and the main one alone. Beside it, in the same run, what a bare echo of
// a JSON document costs with node:http and with Express. The figures go to coverage/bench.json too.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measurable, measure } from '../support/measure.mjs';
import {
  emptyFolder,
  endWithSignals,
  projectFolder,
  removeFolder,
  startProgram,
  writeConfig,
} from '../support/program.mjs';
import { speakers } from '../support/speakers.mjs';
import { createWeb } from '../support/web.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const question = 'Do you ship to Canada?';

endWithSignals();

const echo = (web) => ({
  open: async () => undefined,
  say: (text) => web.get('POST', '/echo', { json: { message: text } }),
  close: async () => undefined,
});

/** So many visitors at once, each asking again as soon as the answer is there. Gives the times of turns and first frames. */
async function load(visitors, milliseconds) {
  const until = performance.now() + milliseconds;
  const tally = { turns: 0, frames: 0, waits: [], firsts: [] };
  const ask = async (visitor) => {
    while (performance.now() < until) {
      const askedAt = performance.now();
      let frames = 0;
      const onFrame = () => {
        if (frames === 0) tally.firsts.push(performance.now() - askedAt);
        frames += 1;
      };
      await visitor.say(question, { onFrame });
      tally.turns += 1;
      tally.frames += frames;
      tally.waits.push(performance.now() - askedAt);
    }
  };
  await Promise.all(visitors.map(ask));
  return tally;
}

const round = (value, digits = 0) => Number(value.toFixed(digits));
const quantile = (times, share) => round(times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0, 2);

async function run(name, program, speaker, measuredMs = seconds * 1_000) {
  const web = createWeb(program.url);
  const visitors = await Promise.all(
    Array.from({ length: connections }, async () => {
      const visitor = speaker(web);
      await visitor.open();
      return visitor;
    }),
  );
  await load(visitors, 500); // the connections are open
  const before = await measure(program, { collect: true });
  const startedAt = performance.now();
  const { turns, frames, waits, firsts } = await load(visitors, measuredMs);
  const milliseconds = performance.now() - startedAt;
  const after = await measure(program);
  for (const visitor of visitors) await visitor.close();
  web.close();
  return {
    name,
    turnsPerSecond: Math.round((turns / milliseconds) * 1_000),
    cpuPerTurn: round((after.cpuMicroseconds - before.cpuMicroseconds) / turns),
    mainPerTurn: round((after.mainMicroseconds - before.mainMicroseconds) / turns),
    framesPerTurn: round(frames / turns, 1),
    medianMs: quantile(waits, 0.5),
    p99Ms: quantile(waits, 0.99),
    firstFrameMs: quantile(firsts, 0.5),
  };
}

async function withProgram(options, work) {
  const nodeArguments = [...measurable, ...(options.nodeArguments ?? [])];
  const program = await startProgram({ ...options, nodeArguments });
  try {
    return await work(program);
  } finally {
    await program.stop();
  }
}

const folder = await emptyFolder();
const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
const rows = [];
for (const [name, script] of [
  ['bare node:http', 'test/bench/echo-http.mjs'],
  ['bare Express', 'test/bench/echo-express.mjs'],
]) {
  rows.push(
    await withProgram({ script }, async (program) => {
      await run(name, program, echo, 1_000);
      return run(name, program, echo);
    }),
  );
}
const environment = { DRAGOMAN_CONFIG: await writeConfig(folder) };
await withProgram({ environment, nodeArguments: profile }, async (program) => {
  // All of them once before, so that none pays for what is compiled for all.
  for (const [name, speaker] of Object.entries(speakers)) await run(name, program, speaker, 1_000);
  for (const [name, speaker] of Object.entries(speakers)) rows.push(await run(name, program, speaker));
});
await removeFolder(folder);

const [bare, plain] = rows;
const whole = rows.find(({ name }) => name === 'agent-slug');
for (const row of rows) {
  row.timesHttp = round(row.cpuPerTurn / bare.cpuPerTurn, 1);
  row.timesExpress = round(row.cpuPerTurn / plain.cpuPerTurn, 1);
  // The same question asked for as a whole in the same dialect is what a stream is held against.
  if (row.name === 'agent-slug stream')
    row.cpuPerFrame = round((row.cpuPerTurn - whole.cpuPerTurn) / row.framesPerTurn, 1);
}
const heads = {
  turnsPerSecond: 'turns/s',
  cpuPerTurn: 'CPU µs/turn',
  mainPerTurn: 'main thread µs',
  timesHttp: '× node:http',
  timesExpress: '× Express',
  framesPerTurn: 'frames/turn',
  cpuPerFrame: 'CPU µs/frame',
  medianMs: 'median ms',
  p99Ms: 'p99 ms',
  firstFrameMs: 'first frame ms',
};
console.table(
  Object.fromEntries(
    rows.map((row) => [
      row.name,
      Object.fromEntries(Object.entries(heads).map(([field, head]) => [head, row[field] ?? ''])),
    ]),
  ),
);
const coverage = join(projectFolder, 'coverage');
await mkdir(coverage, { recursive: true });
await writeFile(
  join(coverage, 'bench.json'),
  `${JSON.stringify({ node: process.version, seconds, connections, rows }, undefined, 2)}\n`,
);
process.exit(0);
