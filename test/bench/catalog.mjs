// How fast a large catalogue is ready, searched and read anew, what memory it takes, and how good its first ten are.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openCatalog, packInThread } from '../../dist/catalog/index.js';
import { factsOf, judgedQueries, productOf, writeProducts } from '../support/products.mjs';
import { gain, measureRelevance, mistyped } from './relevance.mjs';

const open = (file) => openCatalog({ name: 'bench', file, currency: 'EUR', pack: packInThread });
export const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);
export const rounded = (value) => Number(value.toFixed(2));

/** What opening a file costs: how long until it is ready, how much of that this thread has worked, and the longest that others waited. */
async function measureOpening(file) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const [startedAt, cpuBefore, before] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  delay.enable();
  const catalog = await open(file);
  delay.disable();
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    catalog,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    busyMs: performance.eventLoopUtilization(before).active,
    pauseMs: delay.max / 1e6,
    peak,
  };
}

/** How long searches take, in milliseconds: in the middle, and all but one in twenty. */
export async function measureSearches(catalog, queries) {
  const times = [];
  for (const limit of [4, 10, 40]) {
    for (const query of queries) {
      const from = performance.now();
      await catalog.search({ ...query, limit });
      times.push(performance.now() - from);
    }
  }
  times.sort((a, b) => a - b);
  const at = (part) => rounded(times[Math.floor((times.length - 1) * part)]);
  return `${at(0.5)} / ${at(0.95)}`;
}

/** How long each kind of search takes. */
export async function measureKinds(catalog) {
  const texts = judgedQueries().map(({ text }) => text);
  const titles = Array.from({ length: 40 }, (_, place) => productOf(factsOf(7_000_000 + place)).title);
  const filters = [{ maxPrice: '50' }, { minPrice: '300', available: true }, { category: 'Lamps' }];
  const filtered = filters.flatMap((each) => texts.map((text) => ({ text, filters: each })));
  const ordered = ['cheapest', 'dearest'].flatMap((order) => ['', ...texts].map((text) => ({ text, order })));
  const kinds = {
    search: [...texts, ...titles, 'SKU-0000012'].map((text) => ({ text })),
    'search with a typing error': texts.map((text) => ({ text: mistyped(text) })),
    'search with filters or by price': [...filtered, ...ordered],
  };
  const rows = {};
  for (const [kind, queries] of Object.entries(kinds))
    rows[`${kind}, p50 / p95 ms`] = await measureSearches(catalog, queries);
  return rows;
}

/** As many products as are searched to judge what is found. */
export const judgedProducts = 20_000;

/** nDCG@10 of a search, by the facts that the products were made of. */
export async function measureJudged(catalog, write) {
  const all = Array.from({ length: judgedProducts }, (_, number) => factsOf(number));
  const scores = [];
  for (const { text, gradeOf } of judgedQueries()) {
    const found = await catalog.search({ text: write(text), limit: 10 });
    const grades = found.map(({ item }) => gradeOf(all[Number(item.id.split('-')[1])]));
    const best = all.map(gradeOf).toSorted((a, b) => b - a);
    scores.push(gain(grades) / gain(best.slice(0, 10)));
  }
  return (scores.reduce((sum, score) => sum + score, 0) / scores.length).toFixed(3);
}

/** Prints what a catalogue of so many products costs. */
export async function benchCatalog({ products, folder: parent }) {
  const folder = await mkdtemp(join(parent, 'catalog-'));
  try {
    const file = join(folder, 'products.ndjson');
    await writeProducts(file, products);
    const first = await measureOpening(file);
    const { catalog } = first;
    globalThis.gc?.();
    const memory = process.memoryUsage.rss();
    const searches = await measureKinds(catalog);
    const again = await measureOpening(file);
    const judged = join(folder, 'judged.ndjson');
    await writeProducts(judged, judgedProducts);
    const small = await open(judged);
    console.table({
      products: catalog.size,
      'seconds to ready': rounded(first.seconds),
      'CPU seconds to ready, all threads': rounded(first.cpuSeconds),
      'MiB of the process, ready': mebibytes(memory),
      'MiB at most, until then': mebibytes(first.peak),
      ...searches,
      'longest pause of others while it is read anew, ms': rounded(again.pauseMs),
      'work of the event loop while it is read anew, ms': rounded(again.busyMs),
      'MiB at most, while it is read anew': mebibytes(again.peak),
      'nDCG@10': await measureJudged(small, (text) => text),
      'nDCG@10, with a typing error': await measureJudged(small, mistyped),
    });
    const samples = process.env.SAMPLE_DATA ?? fileURLToPath(new URL('../../../shared/data/', import.meta.url));
    const rows = await measureRelevance(openCatalog, samples);
    if (Object.keys(rows).length > 0) console.table(rows);
  } finally {
    await rm(folder, { recursive: true });
  }
}
