import { startProgram } from '../support/program.mjs';
import { load, median } from './load.mjs';
import { familyOf, ration, spread, ticksOf } from './processes.mjs';
import { startRedis } from './redis.mjs';
import { scenarios } from './scenarios.mjs';
import { environmentOf } from './subjects.mjs';
import { openaiWithKey } from './visitors.mjs';

const steps = [1, 2];
const asked = { 'plain answers': scenarios.plain, 'streams of 200, by eights': scenarios.long8 };

/** Times as many visitors as elsewhere: of few, each would wait for Redis more than for a worker. */
const crowd = 4;
/**
 * What a worker may have of a core: all of it, and so little that the machine has room for two with their visitors, their upstream and
 * Redis. Of the first a machine with few cores shows what it can do at most, of the second what each further worker adds.
 */
const shares = { '': 1, ', each worker a quarter of a core': 0.25 };

/**
 * How much more is answered by two workers than by one, over one Redis, on all cores, with the visitors, the upstream and Redis on the same
 * ones. Gives medians over the rounds, taken in turns.
 */
export async function measureWorkers({ upstream, folder, setScenario, seconds, rounds, connections }) {
  const redis = await startRedis({ folder });
  const gateways = [];
  try {
    for (const processes of steps) gateways.push(await start({ upstream, folder, redis, processes }));
    const rows = [];
    for (const [name, scenario] of Object.entries(asked)) {
      await setScenario(scenario);
      for (const [manner, share] of Object.entries(shares)) {
        const outcomes = gateways.map(() => []);
        for (let round = 0; round <= rounds; round += 1) {
          for (const [index, gateway] of gateways.entries()) {
            const outcome = await ask(gateway, scenario, { seconds, connections, share });
            if (round > 0) outcomes[index].push(outcome); // the first round warms up
          }
        }
        rows.push({ name: `${name}${manner}`, ...summarise(outcomes) });
      }
    }
    return rows;
  } finally {
    await Promise.all(gateways.map(({ stop }) => stop()));
    await redis.stop();
  }
}

async function start({ upstream, folder, redis, processes }) {
  const change = (config) => {
    config.store = { engine: 'redis', url: redis.url, prefix: `bench-${processes}` };
    config.processes = processes;
  };
  const program = await startProgram({ environment: await environmentOf({ upstream, folder, change }) });
  await spread(program.child.pid);
  return { origin: program.url, pid: program.child.pid, stop: program.stop };
}

async function ask({ origin, pid }, scenario, { seconds, connections, share }) {
  const visitors = await Promise.all(Array.from({ length: connections * crowd }, () => openaiWithKey(origin)));
  const unleash = share < 1 ? ration(await familyOf(pid), share) : () => undefined;
  try {
    const before = await familyTicks(pid);
    const startedAt = performance.now();
    const { turns } = await load(visitors, scenario, seconds * 1_000);
    const elapsedMs = performance.now() - startedAt;
    const cpu = (await familyTicks(pid)) - before;
    return { perSecond: (turns / elapsedMs) * 1_000, cores: cpu / 1_000 / elapsedMs };
  } finally {
    unleash();
    for (const visitor of visitors) visitor.close();
  }
}

/** CPU of a process and those that it started, in microseconds. */
async function familyTicks(pid) {
  const ticks = await Promise.all((await familyOf(pid)).map(ticksOf));
  return ticks.reduce((sum, one) => sum + one, 0);
}

function summarise([one, two]) {
  const of = (outcomes, field) => Number(median(outcomes.map((outcome) => outcome[field])).toPrecision(3));
  return {
    'one per s': of(one, 'perSecond'),
    'two per s': of(two, 'perSecond'),
    times: Number(median(one.map(({ perSecond }, round) => two[round].perSecond / perSecond)).toPrecision(3)),
    'one, cores': of(one, 'cores'),
    'two, cores': of(two, 'cores'),
  };
}
