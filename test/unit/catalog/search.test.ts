import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalog } from '../../../src/catalog/index.ts';
import { catalogOfRows, titlesFor } from './files.ts';

const rows = [
  {
    id: 'ST678VG',
    title: 'Oak workshop desk',
    brand: 'Itelio',
    category: 'Workshop > Desks',
    price: '999.99',
    quantity: 3,
    description: 'Solid wood.',
  },
  { id: '2', title: 'Writing desk', brand: 'Home & Co', category: 'Office > Desks', price: '299.00', quantity: 1 },
  {
    id: '3',
    title: 'Desk lamp',
    brand: 'Lux',
    category: 'Home > Lamps',
    price: '39.00',
    quantity: 9,
    description: 'A lamp for every desk.',
  },
  {
    id: '4',
    title: 'Blue hoodie',
    brand: 'Homie',
    category: 'Clothing',
    price: '59.99',
    quantity: 12,
    attributes: { material: 'cotton' },
  },
  { id: '5', title: 'Red hoodie', brand: 'Homie', category: 'Clothing', price: '49.99', quantity: 0 },
  {
    id: '6',
    title: 'Café mug',
    brand: 'Töpferei',
    category: 'Kitchen',
    price: '9.00',
    description: 'A mug of blue clay for coffee.',
  },
  { id: '7', title: 'Hidden hoodie', status: 'archived', price: '1.00' },
  { id: '8', title: 'Price on request desk' },
];

describe('a search', () => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await catalogOfRows(rows, { currency: 'EUR' });
  });
  const search = (query: Parameters<typeof titlesFor>[1]) => titlesFor(catalog, query);
  const matched = async (text: string) => (await catalog.search({ text, limit: 1 })).map((match) => match.matched)[0];

  it('finds products by every word, in singular or plural, without accents, in any field', async () => {
    expect(await search({ text: 'hoodies' })).toEqual(['Blue hoodie', 'Red hoodie']);
    expect(await search({ text: 'cafe mugs' })).toEqual(['Café mug']);
    expect(await search({ text: 'Toepferei' })).toEqual(['Café mug']);
    expect(await search({ text: 'cotton' })).toEqual(['Blue hoodie']);
    expect(await search({ text: 'st678vg' })).toEqual(['Oak workshop desk']);
  });

  it('puts what a product is before what it is for', async () => {
    expect((await search({ text: 'desk' })).at(-1)).toBe('Desk lamp');
    expect((await search({ text: 'blue' }))[0]).toBe('Blue hoodie');
  });

  it('forgives typing errors, and says so', async () => {
    expect((await search({ text: 'hodie' }))[0]).toBe('Blue hoodie');
    expect((await search({ text: 'wrokshop desk' }))[0]).toBe('Oak workshop desk');
    expect(await matched('wrokshop desk')).toBe('similar');
    expect(await matched('workshop desk')).toBe('all');
  });

  it('understands a beginning of a word', async () => {
    expect(await search({ text: 'hood' })).toEqual(['Blue hoodie', 'Red hoodie']);
  });

  it('finds what has some of the words where nothing has all, and says so', async () => {
    expect((await search({ text: 'purple workshop desk' }))[0]).toBe('Oak workshop desk');
    expect(await matched('purple workshop desk')).toBe('some');
  });

  it('goes on with what has some of the words after what has all, unless the order is that of prices', async () => {
    expect(await search({ text: 'writing desk' })).toEqual(expect.arrayContaining(['Writing desk', 'Desk lamp']));
    expect((await search({ text: 'writing desk' }))[0]).toBe('Writing desk');
    expect(await search({ text: 'writing desk', order: 'cheapest' })).toEqual(['Writing desk']);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await search({ text: 'bananas' })).toEqual([]);
    expect(await search({ text: 'hidden' })).toEqual([]);
  });

  it('keeps to price, brand, category and availability', async () => {
    expect(await search({ text: 'desk', filters: { maxPrice: '300' } })).toEqual(['Writing desk', 'Desk lamp']);
    expect(await search({ text: 'desk', filters: { minPrice: '299.00', maxPrice: '299.00' } })).toEqual([
      'Writing desk',
    ]);
    expect(await search({ filters: { brand: 'HOME & CO' } })).toEqual(['Writing desk']);
    expect(await search({ filters: { category: 'desks' } })).toEqual(['Oak workshop desk', 'Writing desk']);
    expect(await search({ filters: { category: 'Workshop > Desks' } })).toEqual(['Oak workshop desk']);
    expect(await search({ text: 'hoodie', filters: { available: true } })).toEqual(['Blue hoodie']);
    expect(await search({ text: 'hoodie', filters: { available: false } })).toEqual(['Red hoodie']);
  });

  it('orders by price only what is of the kind that was asked for, and what has a price', async () => {
    expect(await search({ text: 'desk', order: 'cheapest' })).toEqual(['Writing desk', 'Oak workshop desk']);
    expect(await search({ text: 'hoodie', order: 'dearest' })).toEqual(['Blue hoodie', 'Red hoodie']);
    expect((await search({ order: 'cheapest' }))[0]).toBe('Café mug');
  });

  it('puts what the visitor has looked at before its equals', async () => {
    expect((await search({ text: 'desk', favourites: ['2'] }))[0]).toBe('Writing desk');
    expect((await search({ favourites: ['6'] }))[0]).toBe('Café mug');
  });

  it('gives as many as asked for', async () => {
    expect(await search({ text: 'desk', limit: 1 })).toHaveLength(1);
    expect(await search({ text: 'desk', limit: 0 })).toEqual([]);
  });

  it('tells what there is', async () => {
    expect(catalog.categories[0]).toEqual({ name: 'Clothing', count: 2 });
    expect(catalog.brands[0]).toEqual({ name: 'Homie', count: 2 });
    expect(catalog.currency).toBe('EUR');
    expect(await catalog.known(['Hoodies', 'banana', 'rouge'])).toEqual(new Set(['Hoodies']));
  });

  it('has the same answer to the same text, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.lorem({ maxCount: 40 })), async (text) => {
        expect(await search({ text })).toEqual(await search({ text }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('words that very many products have', () => {
  it('still find the one product that has both of them', async () => {
    const many = Array.from({ length: 4_000 }, (_, number) => ({
      id: `${number}`,
      title: number % 2 === 0 ? 'Red box' : 'Blue jar',
    }));
    const catalog = await catalogOfRows([...many, { id: 'rare', title: 'Red jar' }]);
    const found = await catalog.search({ text: 'red jar', limit: 10 });
    expect(found.filter(({ matched }) => matched === 'all').map(({ item }) => item.title)).toEqual(['Red jar']);
    expect(found[0]?.item.title).toBe('Red jar');
    expect((await titlesFor(catalog, { text: 'box' })).length).toBe(10);
  });
});
