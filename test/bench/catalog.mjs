// How fast a large catalogue loads and answers, and how good its first ten are: `npm run build && node --expose-gc test/bench/catalog.mjs [products]`.
// Products are made by varying the sample catalogue; its folder can be named in SAMPLE_DATA.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCatalog } from '../../dist/catalog/index.js';
import { measureRelevance } from './relevance.mjs';

const count = Number(process.argv[2] ?? 50_000);
const folder = process.env.SAMPLE_DATA ?? fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const samples = readFileSync(join(folder, 'ecommerce.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const colours = [
  'black',
  'white',
  'red',
  'navy',
  'silver',
  'graphite',
  'teal',
  'amber',
  'olive',
  'copper',
  'violet',
  'sand',
];
const series = [
  'Classic',
  'Prime',
  'Nova',
  'Vertex',
  'Solo',
  'Aurora',
  'Metro',
  'Summit',
  'Echo',
  'Terra',
  'Pulse',
  'Zen',
];

function product(number) {
  const sample = samples[number % samples.length];
  const round = Math.floor(number / samples.length);
  const colour = colours[round % colours.length];
  const model = `${series[(number * 7 + round) % series.length]} ${1000 + ((number * 31) % 8999)}`;
  return {
    id: `P${number}`,
    title: round === 0 ? sample.name : `${sample.name} ${model} ${colour}`,
    brand: sample.brand,
    description: `${sample.description} Part of the ${model} series, made in ${colour}.`,
    category: sample.categories.join(' > '),
    price: (sample.price * (1 + round / 20)).toFixed(2),
    quantity: (number * 13) % 40,
    url: `https://store.example/products/p${number}`,
    image: sample.image,
  };
}

const questions = [
  'Do you have a samsung galaxy phone?',
  'wireless headphones under 100 dollars',
  'which laptop would you recommend for students',
  'bluetooth speaker',
  'washing machine with dryer',
  'cheap tv',
  '55 inch 4k smart tv',
  'iphone case red',
  'canon camera lens',
  'gift for a gamer',
  'xbox controller',
  'I am looking for a coffee maker',
  'vaccum cleaner',
  'blutooth speeker',
  'samsnug galxy',
  'headphons',
  'nintendo switch',
  'refrigerator stainless steel',
  'usb c cable',
  'ink cartridges for my printer',
  'lens',
  'led',
  'black wireless mouse and keyboard',
  'portable charger for travel',
  'sony noise cancelling headphones black',
  'P1234',
  'purple unicorn saddle',
  'garmin gps watch',
  'memory card 64gb',
  'microwave oven',
  'prime 1031 black',
  'dishwasher',
  'ear phones',
  'wrokout tracker',
  'home theater system with subwoofer',
  'laptop',
  'phone',
  'black',
  'tablet with keyboard for drawing and notes at school',
];

const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;
const mebibytes = (bytes) => `${Math.round(bytes / 1_048_576)} MiB`;
const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

const work = mkdtempSync(join(tmpdir(), 'catalog-bench-'));
try {
  const file = join(work, 'products.ndjson');
  writeFileSync(file, Array.from({ length: count }, (_, number) => JSON.stringify(product(number))).join('\n'));
  samples.length = 1;
  globalThis.gc?.();
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  let peak = 0;
  let longestStall = 0;
  let tick = performance.now();
  const watch = setInterval(() => {
    longestStall = Math.max(longestStall, performance.now() - tick - 10);
    tick = performance.now();
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const catalog = await openCatalog({ name: 'bench', file, currency: 'EUR' });
  clearInterval(watch);
  const loaded = seconds(start);
  const cpu = process.cpuUsage(cpuBefore);
  globalThis.gc?.();
  const times = [];
  const each = [];
  // Searches are remembered: another limit each round makes each of them a new one.
  const filters = [undefined, { maxPrice: '200' }, { available: true }];
  for (let round = 0; round < 9; round += 1) {
    for (const text of questions) {
      const from = process.hrtime.bigint();
      const found = await catalog.search({
        text,
        limit: 4 + round,
        ...(filters[round % 3] && { filters: filters[round % 3] }),
      });
      const milliseconds = seconds(from) * 1000;
      times.push(milliseconds);
      if (round === 3)
        each.push({
          text,
          milliseconds: milliseconds.toFixed(1),
          matched: found[0]?.matched,
          first: found[0]?.item.title.slice(0, 50),
        });
    }
  }
  if (process.env.VERBOSE) console.table(each);
  times.sort((a, b) => a - b);
  console.table({
    products: catalog.size,
    'load, seconds': loaded.toFixed(2),
    'load, CPU seconds': ((cpu.user + cpu.system) / 1e6).toFixed(2),
    'longest stall while loading, ms': longestStall.toFixed(0),
    'peak RSS while loading': mebibytes(peak),
    'RSS after': mebibytes(process.memoryUsage.rss()),
    'heap after': mebibytes(process.memoryUsage().heapUsed),
    queries: times.length,
    'query p50, ms': percentile(times, 0.5).toFixed(2),
    'query p95, ms': percentile(times, 0.95).toFixed(2),
    'query max, ms': times.at(-1).toFixed(2),
  });
  console.table(await measureRelevance(openCatalog, folder, { verbose: Boolean(process.env.VERBOSE) }));
} finally {
  rmSync(work, { recursive: true });
}
