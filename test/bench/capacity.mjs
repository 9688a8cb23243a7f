// How many processes and Redis servers so many conversations take: node test/bench/capacity.mjs [--json '{"turnMicroseconds": 500, …}']
//
// Computes from figures that the other benchmarks measure, by default those that are written here with their commands; give your machine's own
// to have them in their place. A conversation that is counted a second is one turn a second: it begins, is answered and ends.

import { parseArgs } from 'node:util';

/** What a machine of two cores took on Node 20: measured while it was busy with other work, but for those that are called estimates. CPU in microseconds of one core, sizes in bytes. */
const usual = {
  /** `npm run bench`: a plain turn, and, an estimate, a frame of a stream, in a gateway process. */
  turnMicroseconds: 660,
  frameMicroseconds: 60,
  /** `node test/bench/feed.mjs`: a step of a followed reply in the process that gives it and the one that tells it together, and in Redis. */
  stepMicroseconds: 95,
  redisStepMicroseconds: 21,
  /** An estimate: a follower's look every 20 s, in both. */
  lookMicroseconds: 60,
  redisLookMicroseconds: 30,
  /** Of a turn in Redis: three round trips, as `test/e2e/round-trips.test.ts` counts them. */
  redisTurnMicroseconds: 230,
  /** With its message of 60 characters and its reply of 600, in Redis (`INFO memory` before and after 2,000). */
  bytesAConversation: 3_000,
  /** An estimate: of a stream under way. */
  bytesAStream: 100_000,
};

/** What is assumed of the traffic; the memory of Redis is for one day of `retention`. */
const traffic = {
  /** Frames of an answer, and how long it takes, in seconds. */
  frames: 64,
  replySeconds: 8,
  /** Which part of all conversations somebody follows, for how long, in seconds. */
  followed: 0.5,
  followedSeconds: 300,
  /** Writes a second of a reply that is followed: more come together. */
  stepsASecond: 2,
};

/** How full a process or a Redis is run, so that it has room for a peak and for the share of one that is gone. */
const fill = 0.6;
/** What one process and one Redis have. */
const processBytes = 1_500_000_000;
const redisBytes = 64_000_000_000;

function capacityOf(turnsASecond, figures) {
  const streams = turnsASecond * traffic.replySeconds;
  const steps = streams * traffic.followed * traffic.stepsASecond;
  const looks = (turnsASecond * traffic.followed * traffic.followedSeconds) / 20;
  const gateway = {
    turns: turnsASecond * figures.turnMicroseconds,
    frames: turnsASecond * traffic.frames * figures.frameMicroseconds,
    feed: steps * figures.stepMicroseconds + looks * figures.lookMicroseconds,
  };
  const redis = {
    turns: turnsASecond * figures.redisTurnMicroseconds,
    feed: steps * figures.redisStepMicroseconds + looks * figures.redisLookMicroseconds,
  };
  const cores = sum(gateway) / 1e6;
  const redisCores = sum(redis) / 1e6;
  const kept = turnsASecond * 86_400 * figures.bytesAConversation;
  const processes = [Math.ceil(cores / fill), Math.ceil((streams * figures.bytesAStream) / processBytes)];
  const servers = [Math.ceil(redisCores / fill), Math.ceil(kept / (redisBytes * fill))];
  return { turnsASecond, streams, steps, cores, redisCores, kept, gateway, redis, processes, servers };
}

const sum = (parts) => Object.values(parts).reduce((all, part) => all + part, 0);

/** What is full first as the traffic grows from nothing over one process and one Redis. */
function firstFull(figures) {
  const one = capacityOf(1, figures);
  const most = {
    'CPU of a process': fill / one.cores,
    'memory of a process': processBytes / (one.streams * figures.bytesAStream),
    'CPU of a Redis': fill / one.redisCores,
    'memory of a Redis, of each day of retention': (redisBytes * fill) / one.kept,
  };
  return Object.entries(most).sort(([, one], [, other]) => one - other);
}

const { values } = parseArgs({ options: { json: { type: 'string', default: '{}' } } });
const figures = { ...usual, ...JSON.parse(values.json) };
const unknown = Object.keys(figures).filter((name) => !(name in usual));
if (unknown.length > 0)
  throw new Error(`No figure is called ${unknown.join(', ')}; there are ${Object.keys(usual).join(', ')}`);

const gigabytes = (bytes) => `${(bytes / 1e9).toLocaleString('en', { maximumFractionDigits: 0 })} GB`;
const share = (part, all) => `${Math.round((100 * part) / all)} %`;
const rows = [100, 1_000, 10_000].map((turns) => {
  const { streams, steps, cores, redisCores, kept, gateway, processes, servers } = capacityOf(turns, figures);
  const parts = ['turns', 'frames', 'feed'].map((name) => share(gateway[name], sum(gateway))).join(' / ');
  const cells = [
    turns,
    streams,
    steps,
    cores.toFixed(1),
    parts,
    Math.max(...processes),
    redisCores.toFixed(1),
    gigabytes(kept),
  ];
  return [...cells, `${servers[0]} by CPU, ${servers[1]} by memory a day`].map((cell) => cell.toLocaleString('en'));
});
const head = [
  'conversations a second',
  'streams at once',
  'feed writes a second',
  'gateway cores',
  'of these turns / frames / feed',
  'processes',
];
const table = [[...head, 'Redis cores', 'kept a day', 'Redis masters'], ['---', ...Array(8).fill('---')], ...rows];
console.log(table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
console.log('\nFull first, over one process and one Redis, at so many conversations a second:');
for (const [what, turns] of firstFull(figures)) console.log(`  ${what}: ${turns.toFixed(1)}`);
