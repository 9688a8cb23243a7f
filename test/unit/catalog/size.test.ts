import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type PackedCatalog, packCatalog } from '../../../src/catalog/pack-in-thread.ts';
import { planQuery } from '../../../src/catalog/query-plan.ts';
import { createRunner } from '../../../src/catalog/run-query.ts';
import { maxScored } from '../../../src/catalog/search.ts';
import { createVocabulary } from '../../../src/catalog/spelling.ts';
import { factsOf, productOf, writeProducts } from '../../support/products.mjs';
import { catalogOfRows } from './files.ts';

const count = 20_000;
let folder: string;
let file: string;
let packed: PackedCatalog;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-size-'));
  file = join(folder, 'products.ndjson');
  await writeProducts(file, count);
  packed = await packCatalog({ file }, Date.now());
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** All memory that packed products hold on to. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  return typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, part: unknown) => sum + bytesOf(part), 0)
    : 0;
}

describe('a large catalogue', () => {
  it('takes at most 1,500 bytes a product, of which its own text is the larger part', () => {
    expect(packed.products.size).toBe(count);
    expect(bytesOf(packed.products) / count).toBeLessThan(1_500);
  });

  it('is handed over as memory that threads share: nothing of a product is copied', () => {
    const isShared = (value: unknown): boolean =>
      ArrayBuffer.isView(value)
        ? value.buffer instanceof SharedArrayBuffer
        : typeof value !== 'object' || value === null || Object.values(value).every(isShared);
    expect(isShared(packed.products)).toBe(true);
    const { brands, categories } = packed.products;
    expect(brands.length + categories.length).toBeLessThan(count / 10);
  });

  it('has no more products scored for a search than are bound to be, whatever is asked for', () => {
    const { stems, onSale } = packed.products;
    const run = createRunner(stems, onSale);
    const vocabulary = createVocabulary(stems);
    const scoredFor = (text: string): number => {
      const { every, any } = planQuery(text, vocabulary);
      return Math.max(
        ...[every, any].map((words) =>
          words === undefined
            ? 0
            : run({ words, needsEvery: words === every, passes: () => true, bound: maxScored }).scored,
        ),
      );
    };
    for (let number = 0; number < 200; number += 1) {
      const { title } = productOf(factsOf(number));
      expect(scoredFor(title)).toBeLessThanOrEqual(maxScored);
    }
    // Everything is made of something.
    expect(scoredFor('made')).toBe(maxScored);
    expect(scoredFor(productOf(factsOf(7)).id)).toBeLessThan(count);
  });

  it('has only the products of the rarest word scored where all words are to be there', () => {
    const { stems, onSale } = packed.products;
    const vocabulary = createVocabulary(stems);
    const { brand, kind, colour } = factsOf(3);
    const { every = [] } = planQuery(`${brand} ${kind.name} ${colour}`, vocabulary);
    const [rarest] = every;
    const { scored } = createRunner(
      stems,
      onSale,
    )({ words: every, needsEvery: true, passes: () => true, bound: maxScored });
    const frequency = (rarest?.stems ?? []).reduce((sum, stem) => sum + vocabulary.frequency(stem), 0);
    expect(scored).toBeLessThanOrEqual(frequency);
    expect(frequency).toBeLessThan(count / 10);
  });
});

const compiled = new URL('../../../dist/catalog/index.js', import.meta.url);

describe.runIf(existsSync(compiled))('a large catalogue that is read in a thread', () => {
  it('leaves the event loop to others: not one in ten of its moments is spent on it', async () => {
    // The thread is a file of the compiled program.
    const { openCatalog, packInThread }: any = await import(compiled.href);
    const before = performance.eventLoopUtilization();
    const startedAt = performance.now();
    const catalog = await openCatalog({ name: 'large', file, pack: packInThread });
    const { active } = performance.eventLoopUtilization(before);
    expect(catalog.size).toBe(count);
    expect(active / (performance.now() - startedAt)).toBeLessThan(0.1);
  });

  it('is refused there with the reason, and ends nothing else', async () => {
    const { packInThread }: any = await import(compiled.href);
    await expect(packInThread({ file, maxProducts: 100 }, Date.now())).rejects.toThrow(
      /products\.ndjson cannot be read: it holds more than 100 products/,
    );
  });
});

describe('a catalogue with more products than it may have', () => {
  it('is refused, with the setting that says how many', async () => {
    const rows = [{ title: 'Lamp' }, { title: 'Desk' }, { title: 'Chair' }];
    await expect(catalogOfRows(rows, { maxProducts: 2 })).rejects.toThrow(
      /it holds more than 2 products: `maxProducts` says how many may be/,
    );
    expect((await catalogOfRows(rows, { maxProducts: 3 })).size).toBe(3);
  });
});

describe('a catalogue for which the machine has no memory left', () => {
  const mebibyte = 2 ** 20;
  /** Has the system say that so much is left. */
  const leave = (bytes: number) => vi.spyOn(process, 'availableMemory').mockReturnValue(bytes);
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('is given up while it is read, with what is left, and before the rest of it is read', async () => {
    const looks = leave(63 * mebibyte);
    await expect(packCatalog({ file }, Date.now())).rejects.toThrow(
      /products\.ndjson cannot be read: it takes more memory than there is: 63 MiB are left/,
    );
    expect(looks).toHaveBeenCalledTimes(1);
  });

  it('is given up before its words are packed where that would take more than is left', async () => {
    const rows = Array.from({ length: 2_000 }, (_, id) => ({ id: `${id}`, title: `Lamp ${id}` }));
    leave(64 * mebibyte + 1_000);
    await expect(catalogOfRows(rows)).rejects.toThrow(
      /products\.ndjson cannot be read: it takes more memory than there is/,
    );
    leave(66 * mebibyte);
    expect((await catalogOfRows(rows)).size).toBe(2_000);
  });
});
