import { load, median, quantile } from './load.mjs';
import { scenarios } from './scenarios.mjs';

/**
 * Asks every subject in every scenario, over and over, so that what disturbs the machine hits all alike. Gives what was measured by
 * round and scenario; rejects at the first answer that is not the right one.
 */
export async function measureAll(subjects, setScenario, settings) {
  const measured = subjects.map(({ name }) => ({ name, rounds: [] }));
  // Compiled first, so that no round pays for it.
  for (const scenario of settings.warm ? [scenarios.plain, scenarios.long8, scenarios.longFlood] : []) {
    await setScenario(scenario);
    for (const subject of subjects) await ask(subject, scenario, settings);
  }
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const { rounds } of measured) rounds.push({});
    for (const [scenarioName, scenario] of Object.entries(scenarios)) {
      await setScenario(scenario);
      for (const [index, subject] of subjects.entries()) {
        const outcome = await ask(subject, scenario, settings);
        if (outcome !== undefined) measured[index].rounds[round][scenarioName] = outcome;
      }
    }
  }
  return measured;
}

async function ask({ name, visitor, modes, program }, scenario, { seconds, connections, warm }) {
  const asked = modes.includes(scenario.mode) && (scenario.alone || program.cpu !== undefined);
  if (!asked) return undefined;
  const many = scenario.alone ? 1 : connections;
  const visitors = await Promise.all(Array.from({ length: many }, () => visitor(program.origin)));
  const milliseconds = seconds * 1_000;
  try {
    if (warm) await load(visitors, scenario, milliseconds / 4);
    return await measureLoad(visitors, scenario, { program, milliseconds });
  } catch (failure) {
    throw new Error(`${name} failed`, { cause: failure });
  } finally {
    for (const one of visitors) one.close();
  }
}

async function measureLoad(visitors, scenario, { program, milliseconds }) {
  const cpuBefore = await program.cpu?.();
  const besidesBefore = await program.besides?.();
  const startedAt = performance.now();
  const { turns, reads, waits, firsts } = await load(visitors, scenario, milliseconds);
  const elapsedMs = performance.now() - startedAt;
  const cpu = program.cpu && (await program.cpu()) - cpuBefore;
  const besides = program.besides && (await program.besides()) - besidesBefore;
  return {
    frames: scenario.frames,
    turns,
    cpuPerTurn: cpu && cpu / turns,
    besidesPerTurn: besides && besides / turns,
    perSecond: (turns / elapsedMs) * 1_000,
    busy: cpu && cpu / 1_000 / elapsedMs,
    framesPerRead: (turns * scenario.frames) / reads,
    medianMs: median(waits),
    p99Ms: quantile(waits, 0.99),
    firstMs: median(firsts),
  };
}
