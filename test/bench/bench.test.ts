import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { emptyFolder, removeFolder, spawnProgram } from '../support/program.mjs';

const folder = await emptyFolder();
afterAll(() => removeFolder(folder));

const proxies = ['Express + http-proxy-middleware', 'Express + http-proxy-middleware, prototypes changed'];
const overRedis = ['gateway over Redis: openai', 'gateway over Redis: widget'];
const streamOnly = ['gateway: tenant-chats', 'gateway: widget'];
const plainOnly = ['gateway: homie', 'gateway: homie with its events', 'gateway: item-discovery'];
const both = ['bare translator', ...proxies, 'gateway: agent-slug', 'gateway: openai'];
const ifInstalled = ['nginx', 'Portkey', ...overRedis];

/** The benchmark gives up at the first answer that is not whole. */
it('the benchmark measures every subject, each with the answers that it was to give', async () => {
  const json = join(folder, 'bench.json');
  const nodeArguments = ['test/bench/gateway.mjs', '--smoke'];
  const { ended, output } = spawnProgram({ nodeArguments, script: `--json=${json}` });
  expect(await ended, output()).toMatchObject({ code: 0 });
  const { rows, missing, workers } = JSON.parse(await readFile(json, 'utf8'));
  const measured = (figure: string) =>
    rows
      .filter((row: any) => row[figure] > 0 && !ifInstalled.includes(row.name))
      .map((row: any) => row.name)
      .toSorted();
  expect(measured('cpuPerRequest')).toEqual([...plainOnly, ...both].toSorted());
  expect(measured('cpuPerStream')).toEqual([...streamOnly, ...both].toSorted());
  const isMeasured = workers.map((row: any) => row['one per s'] > 0 && row['two per s'] > 0);
  expect(isMeasured).toEqual('workers' in missing ? [] : [true, true, true, true]);
  // Portkey is no program of the system's.
  if (process.env['DRAGOMAN_TEST_COMPLETE'] === '1') expect(Object.keys(missing)).toEqual(['Portkey']);
  for (const name of ifInstalled) expect(name in missing || rows.some((row: any) => row.name === name)).toBe(true);
}, 120_000);

it('the benchmark of a catalogue prints what it costs and how good it is', async () => {
  const { ended, output } = spawnProgram({
    nodeArguments: ['test/bench/gateway.mjs', '--smoke'],
    script: '--only=catalog',
  });
  expect(await ended, output()).toMatchObject({ code: 0 });
  const figures = output()
    .split('\n')
    .filter((line) => /│ .*\d/.test(line));
  expect(figures.length, output()).toBeGreaterThanOrEqual(13);
  for (const figure of ['seconds to ready', 'MiB of the process', 'longest pause', 'nDCG@10'])
    expect(output()).toContain(figure);
}, 120_000);
