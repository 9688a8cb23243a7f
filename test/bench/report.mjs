import { median } from './load.mjs';
import { bareProxy } from './subjects.mjs';

const slope = (short, long) => (round) =>
  round[long] && (round[long].cpuPerTurn - round[short].cpuPerTurn) / (round[long].frames - round[short].frames);

/** Figures that come of one round of one subject; `undefined` where it was not asked. */
const costs = {
  cpuPerRequest: (round) => round.plain?.cpuPerTurn,
  cpuPerStream: (round) => round.short8?.cpuPerTurn,
  cpuPerFrame: slope('short1', 'long1'),
  cpuPerFrameOfEight: slope('short8', 'long8'),
  cpuPerFrameInFlood: slope('shortFlood', 'longFlood'),
};
const times = {
  addedMs: (round) => round.answer?.medianMs,
  addedFirstMs: (round) => round.first?.firstMs,
};
const besides = {
  inRedis: (round) => (round.plain ?? round.short8).besidesPerTurn,
  perSecond: (round) => (round.plain ?? round.shortFlood).perSecond,
  busy: (round) => (round.plain ?? round.shortFlood).busy,
  framesPerRead: (round) => round.long1?.framesPerRead,
  framesPerReadOfEight: (round) => round.long8?.framesPerRead,
  framesPerReadInFlood: (round) => round.longFlood?.framesPerRead,
};

const rounded = (value) => value && Number(value.toPrecision(value < 0.1 ? 1 : 3));

/** The median over all rounds of what `derive` makes of one; `undefined` if it never makes anything. */
function over(rounds, derive) {
  const values = rounds.map(derive).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : rounded(median(values));
}

/**
 * What each subject costs: medians over the rounds. The ratios to the bare pass-through, and the times beside asking the upstream
 * directly, are taken within each round first, so that what slows the machine for a while leaves them alone.
 */
export function summarise(measured) {
  const roundsOf = (wanted) => measured.find(({ name }) => name === wanted).rounds;
  const bare = roundsOf(bareProxy);
  const direct = roundsOf('direct');
  const figures = (table, derive) =>
    Object.fromEntries(Object.entries(table).map(([field, of]) => [field, derive(field, of)]));
  return measured
    .filter(({ name }) => name !== 'direct')
    .map(({ name, rounds }) => {
      const beside = (others, join) => (of) => (round) => {
        const own = of(round);
        return own === undefined ? undefined : join(own, of(others[rounds.indexOf(round)]));
      };
      const ratio = beside(bare, (own, other) => own / other);
      const added = beside(direct, (own, other) => own - other);
      return {
        name,
        ...figures(costs, (_, of) => over(rounds, of)),
        times: figures(costs, (_, of) => over(rounds, ratio(of))),
        ...figures(times, (_, of) => over(rounds, added(of))),
        ...figures(besides, (_, of) => over(rounds, of)),
      };
    });
}

const columns = [
  ['µs/request', 'cpuPerRequest'],
  ['µs/stream', 'cpuPerStream'],
  ['µs/frame, singly', 'cpuPerFrame'],
  ['by eights', 'cpuPerFrameOfEight'],
  ['flood', 'cpuPerFrameInFlood'],
].flatMap(([head, field]) => [
  [head, (row) => row[field]],
  ['×', (row) => row.times[field]],
]);

const heads = [
  ['', ({ name }) => name],
  ...columns,
  ['+ms', ({ addedMs }) => addedMs],
  ['+ms first', ({ addedFirstMs }) => addedFirstMs],
  ['per s', ({ perSecond }) => perSecond],
  ['core', ({ busy }) => busy],
  ['µs in Redis', ({ inRedis }) => inRedis],
];

const notes = `
µs: CPU of the subject's own process, all its threads, in medians; request: a plain answer; stream: one of 10 frames, in two writes.
µs/frame: the slope from streams of 10 to streams of 200; singly: one frame every millisecond in each stream; by eights: eight every two;
flood: as fast as the subject takes them. ×: times what ${bareProxy} costs in the same round.
+ms: the time beside asking the upstream directly, one visitor alone; first: to the first frame of a stream. per s: plain answers
(streams of 10 where a dialect has only those) with all visitors at once; core: the share of it that the subject used meanwhile.
µs in Redis: what Redis itself uses for a request, or a stream of 10 frames; it writes to disk before it answers.
`;

/** How much dearer the bare pass-through's dearest round was than its cheapest: far from 1, something else had the machine. */
export function unrest(measured) {
  const { rounds } = measured.find(({ name }) => name === bareProxy);
  const all = rounds.map(costs.cpuPerRequest);
  return rounded(Math.max(...all) / Math.min(...all));
}

/** The figures as a table for people. */
export function table(rows, missing) {
  const cells = [heads.map(([head]) => head), ...rows.map((row) => heads.map(([, of]) => String(of(row) ?? '–')))];
  const widths = heads.map((_, index) => Math.max(...cells.map((line) => line[index].length)));
  const lines = cells.map((line) =>
    line.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index]))).join('  '),
  );
  const absent = [...missing].map(([name, reason]) => `${name} was not measured: ${reason}.`);
  return [...lines, notes.trimEnd(), ...absent].join('\n');
}
