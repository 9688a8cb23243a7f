// How fast a large catalogue is loaded into PostgreSQL and searched there, and how good its first ten are.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openPostgresCatalog } from '../../dist/catalog/index.js';
import { writeProducts } from '../support/products.mjs';
import { judgedProducts, measureJudged, measureKinds, mebibytes, rounded } from './catalog.mjs';
import { hasPostgres, startPostgres } from './postgres.mjs';
import { mistyped } from './relevance.mjs';

const nothing = () => undefined;
const watch = { asked: nothing, away: nothing, back: nothing, untaken: nothing, changed: nothing };

/** Of a process of its own, so that its memory and its CPU are those of the load. */
const loading = `
  import { fillCatalog } from ${JSON.stringify(new URL('../../dist/catalog/index.js', import.meta.url).href)};
  const { edition } = await fillCatalog(JSON.parse(process.env.FILLING));
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ seconds: edition.seconds, cpu: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS * 1024 }));
`;

async function load(filling) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', loading], {
    env: { ...process.env, FILLING: JSON.stringify({ ...filling, maxShrink: 1 }) },
  });
  return JSON.parse(stdout);
}

const open = (filling) => openPostgresCatalog({ ...filling, maxShrink: 1, connections: 4, timeoutMs: 60_000, watch });

/** A server that has just started takes no questions yet. */
async function untilThere(ask, tries = 100) {
  try {
    return await ask();
  } catch (failure) {
    if (tries === 0) throw failure;
    await wait(50);
    return untilThere(ask, tries - 1);
  }
}

/** Prints what a catalogue of so many products costs in a database; that there is none, where no server is installed. */
export async function benchCatalogInPostgres({ products, folder }) {
  if (!(await hasPostgres())) {
    console.log('LEFT OUT, for want of PostgreSQL: a catalogue in a database');
    return;
  }
  const { url, stop } = await startPostgres();
  try {
    const fillingOf = async (name, count) => {
      const file = join(folder, `${name}.ndjson`);
      await writeProducts(file, count);
      return { name, url, source: { file, format: 'ndjson', currency: 'EUR' } };
    };
    const large = await fillingOf('large', products);
    const { seconds, cpu, peak } = await untilThere(() => load(large));
    const catalog = await open(large);
    const searches = await measureKinds(catalog);
    await catalog.close();
    const judged = await fillingOf('judged', judgedProducts);
    await load(judged);
    const small = await open(judged);
    console.log('\nIn PostgreSQL, on the same machine:');
    console.table({
      products,
      'seconds to load': rounded(seconds),
      'CPU seconds to load, without the server': rounded(cpu),
      'MiB at most, of the process that loads': mebibytes(peak),
      ...searches,
      'nDCG@10': await measureJudged(small, (text) => text),
      'nDCG@10, with a typing error': await measureJudged(small, mistyped),
    });
    await small.close();
  } finally {
    await stop();
  }
}
