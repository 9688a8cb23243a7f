// Runs turns through every dialect of the built program and watches its memory: `npm run build && npm run test:soak -- --turns 100000`,
// or over a Redis of its own with `--redis`.
// After each of the rounds everybody leaves and the garbage is collected, so that all samples are of the same state. Ends
// non-zero if memory grows with the turns, if a stream or socket is still counted as open, or if a turn fails.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRedis } from '../bench/redis.mjs';
import { measurable, measure } from '../support/measure.mjs';
import { emptyFolder, endWithSignals, removeFolder, startProgram, writeConfig } from '../support/program.mjs';
import { speakers } from '../support/speakers.mjs';
import { createWeb } from '../support/web.mjs';
import { trend } from './trend.mjs';
import { beginMany, visit } from './visitor.mjs';

const { values } = parseArgs({
  options: { turns: { type: 'string', default: '100000' }, redis: { type: 'boolean', default: false } },
});
const turns = Number(values.turns);
if (!Number.isInteger(turns) || turns < 1_000) throw new Error('--turns must be a whole number of at least 1000');

const rounds = 20;
/** Rounds in which caches fill and code is compiled: what they leave behind is not judged. */
const warmUp = 10;
/**
 * Conversations begun beforehand: more than the store remembers in memory (8 MB of them as JSON), so that this bounded memory is
 * full from the first round on and does not look like growth.
 */
const remembered = 20_000;
/** Visitors of each dialect at once. */
const crowd = 2;
/** Bytes that may stay behind with every turn, in heap and buffers: less than the smallest thing that could be forgotten, an entry of a map under an id. */
const tolerance = 60;
/**
 * Bytes that code goes on to take after the warm-up as it is compiled, however many turns there are: about half of this was seen. In
 * a short run a small leak hides behind it: of 100,000 turns 16 bytes a turn, of 15,000 a hundred.
 */
const settling = 800_000;
/** How much all memory that is no file's may grow after the warm-up: leaks outside the heap, in coarse measure. */
const ownGrowth = 1.25;
endWithSignals();
// What is kept for a minute is as much as a minute brings: it would be the machine's speed that is measured.
const quicken = ['--import', fileURLToPath(new URL('./quicken.mjs', import.meta.url))];
console.log('What is kept for half a minute or more is let go three hundred times sooner inside the program.');
const folder = await emptyFolder();
const redis = values.redis ? await startRedis({ folder, durable: false }) : undefined; // of the gateway's memory, disks know nothing
const config = await writeConfig(folder, (demo) => {
  if (redis !== undefined) demo.store = { engine: 'redis', url: redis.url };
});
const program = await startProgram({
  environment: { DRAGOMAN_CONFIG: config },
  nodeArguments: [...measurable, ...quicken],
});
const web = createWeb(program.url);
const problems = [];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function playRound(quota) {
  const left = { turns: quota, left: 0 };
  const visitors = Object.keys(speakers).flatMap((name) => Array.from({ length: crowd }, () => visit(web, name, left)));
  for (const { status, reason } of await Promise.allSettled(visitors)) {
    if (status === 'rejected') problems.push(`a turn failed: ${reason.message}`);
  }
  return left.left;
}

/** Streams and sockets that are counted as open, when the gateway has had a moment to notice that everybody left. */
async function openStreams() {
  for (let tries = 0; ; tries += 1) {
    const lines = (await web.text('/metrics')).matchAll(/^dragoman_open_streams\{.*\} (\d+)$/gm);
    const open = [...lines].reduce((total, [, count]) => total + Number(count), 0);
    if (open === 0 || tries === 50) return open;
    await pause(100);
  }
}

const mega = (bytes) => (bytes / 1e6).toFixed(2);
const widths = [8, 10, 11, 12, 10, 10, 8, 6];
const row = (cells) => console.log(cells.map((cell, index) => String(cell).padStart(widths[index])).join(''));

await beginMany(web, remembered);
row(['turns', 'turns/s', 'CPU µs', 'heap MB', 'other MB', 'own MB', 'rss MB', 'open']);
const samples = [];
const owned = [];
const totals = { milliseconds: 0, cpu: 0, left: 0 };
for (let round = 1; round <= rounds; round += 1) {
  const quota = Math.round((turns * round) / rounds) - Math.round((turns * (round - 1)) / rounds);
  const before = await measure(program);
  const startedAt = performance.now();
  totals.left += await playRound(quota);
  const milliseconds = performance.now() - startedAt;
  const after = await measure(program);
  const open = await openStreams();
  if (open > 0) problems.push(`${open} streams are still counted as open after round ${round}`);
  await pause(500); // the channels' minute, and what looks for those whose minute is over
  const sample = await measure(program, { collect: true });
  const cpu = after.cpuMicroseconds - before.cpuMicroseconds;
  totals.milliseconds += milliseconds;
  totals.cpu += cpu;
  const done = Math.round((turns * round) / rounds);
  samples.push([done, sample.heapUsed + sample.external]);
  owned.push(sample.anonymous);
  const memory = [sample.heapUsed, sample.external, sample.anonymous, sample.rss].map(mega);
  row([done, Math.round((quota / milliseconds) * 1_000), Math.round(cpu / quota), ...memory, open]);
}

const { slope, error } = trend(samples.slice(warmUp));
// Beyond doubt: the line through so few points is not exact.
const grows = (slope - 3 * error - tolerance) * (turns * (1 - warmUp / rounds)) > settling;
if (grows) problems.push(`memory grows by ${slope.toFixed(0)} ± ${error.toFixed(0)} bytes a turn`);
// It swings with what is on its way: the least of a half is what stays.
const half = warmUp + (rounds - warmUp) / 2;
const stays = { before: Math.min(...owned.slice(warmUp, half)), after: Math.min(...owned.slice(half)) };
if (stays.after > ownGrowth * stays.before) problems.push('memory outside the heap grows');
web.close();
const { code } = await program.stop();
await redis?.stop();
if (code !== 0) problems.push(`the program ended with ${code}`);
console.log(
  `${turns} turns, ${totals.left} of them left in the middle: ${Math.round((turns / totals.milliseconds) * 1_000)} turns/s, ` +
    `${Math.round(totals.cpu / turns)} CPU µs a turn`,
);
console.log(
  `after the warm-up heap and buffers change by ${slope.toFixed(1)} ± ${error.toFixed(1)} bytes a turn: ${grows ? 'they grow' : 'level'}`,
);
for (const problem of [...new Set(problems)]) console.log(`! ${problem}`);
await removeFolder(folder);
process.exit(problems.length === 0 ? 0 : 1);
