import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { load } from './load.mjs';
import { scenarios } from './scenarios.mjs';
import { startGateway } from './subjects.mjs';
import { openaiWithKey } from './visitors.mjs';

/**
 * Where the gateway's main thread spends its time in one scenario after the other: printed, with the profiles in a folder. Shares are
 * to be believed; microseconds hold the profiler's own cost and the time that other programs had the core.
 */
export async function profileGateway({ upstream, folder, output, setScenario, seconds, connections }) {
  for (const name of ['plain', 'long1', 'long8']) {
    const path = join(resolve(output), name);
    await setScenario(scenarios[name]);
    const program = await startGateway({ upstream, folder, nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${path}`] });
    const visitors = await Promise.all(Array.from({ length: connections }, () => openaiWithKey(program.origin)));
    await load(visitors, scenarios[name], 1_000); // what is compiled late
    const from = process.hrtime.bigint() / 1_000n;
    const { turns } = await load(visitors, scenarios[name], seconds * 5_000);
    const to = process.hrtime.bigint() / 1_000n;
    for (const visitor of visitors) visitor.close();
    await program.stop();
    const files = (await readdir(path)).toSorted();
    const profile = JSON.parse(await readFile(join(path, files.at(-1)), 'utf8'));
    console.log(`\n${name}: ${turns} turns\n${describe(selfTimes(profile, Number(from), Number(to)), turns)}`);
  }
}

/** The microseconds that each function spent itself between two moments of the machine's clock. */
function selfTimes({ nodes, samples, timeDeltas, startTime }, from, to) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map();
  let at = startTime;
  samples.forEach((id, index) => {
    at += timeDeltas[index];
    if (at < from || at > to) return;
    const { functionName, url, lineNumber } = byId.get(id);
    if (functionName === '(idle)') return;
    const place = `${functionName || '(anonymous)'} ${shortened(url)}${url === '' ? '' : `:${lineNumber + 1}`}`;
    const entry = times.get(place) ?? { place, group: groupOf(functionName, url), microseconds: 0 };
    entry.microseconds += timeDeltas[index];
    times.set(place, entry);
  });
  return [...times.values()];
}

const shortened = (url) => url.replace(/^file:.*\/(node_modules|dist)\//, '$1/');

/** A package, a folder of ours, Node itself, or the engine. */
function groupOf(functionName, url) {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (url === '') return 'native code and system calls';
  if (url.startsWith('node:')) return `node:${url.slice(5).split('/').slice(0, 2).join('/')}`;
  const [, dependency] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  const [, ours = 'others'] = /\/dist\/((?:(?:dialects|backends)\/)?[^/]+)/.exec(url) ?? [];
  return `src/${ours}`;
}

function describe(entries, turns) {
  const total = entries.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const line = (microseconds, text) =>
    `${(microseconds / turns).toFixed(1).padStart(9)} µs ${((microseconds / total) * 100).toFixed(1).padStart(5)} %  ${text}`;
  const sorted = (list) => list.toSorted((a, b) => b.microseconds - a.microseconds);
  return [
    line(total, 'of a turn, in all'),
    ...sorted(grouped(entries))
      .slice(0, 20)
      .map(({ group, microseconds }) => line(microseconds, group)),
    '',
    ...sorted(entries)
      .slice(0, 30)
      .map(({ place, microseconds }) => line(microseconds, place)),
  ].join('\n');
}

function grouped(entries) {
  const groups = new Map();
  for (const { group, microseconds } of entries) groups.set(group, (groups.get(group) ?? 0) + microseconds);
  return [...groups].map(([group, microseconds]) => ({ group, microseconds }));
}
