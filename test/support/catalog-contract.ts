import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalog, CatalogItem } from '../../src/catalog/index.ts';

/** How an engine opens a catalogue of products, by their fields. */
export type OpenRows = (
  rows: readonly object[],
  settings?: { readonly currency?: string; readonly now?: () => number },
) => Promise<Catalog>;

/** The titles that a search finds, best first. */
export async function titlesFor(
  catalog: Catalog,
  query: Partial<Parameters<Catalog['search']>[0]>,
): Promise<readonly string[]> {
  return (await catalog.search({ text: '', limit: 10, ...query })).map(({ item }) => item.title);
}

/** The product that an id finds, if there is one. */
export async function itemOf(catalog: Catalog, id: string): Promise<CatalogItem | undefined> {
  return (await catalog.get([id])).get(id);
}

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

/** What every engine of a catalogue promises. */
export function catalogContract(open: OpenRows): void {
  describe('a search', () => {
    let catalog: Catalog;
    beforeAll(async () => {
      catalog = await open(rows, { currency: 'EUR' });
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
      // What is of no such kind is put in the order of prices as well.
      expect(await search({ text: 'blue', order: 'cheapest', limit: 1 })).toHaveLength(1);
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
      const catalog = await open([...many, { id: 'rare', title: 'Red jar' }]);
      const found = await catalog.search({ text: 'red jar', limit: 10 });
      expect(found.filter(({ matched }) => matched === 'all').map(({ item }) => item.title)).toEqual(['Red jar']);
      expect(found[0]?.item.title).toBe('Red jar');
      expect((await titlesFor(catalog, { text: 'box' })).length).toBe(10);
    });
  });

  describe('the product of a page', () => {
    const rows = [
      { id: 'hoodie', title: 'Hoodie', url: 'https://store.com/products/blue-hoodie' },
      { id: 'wax', title: 'Wax', url: '/products/wax' },
      { id: 'a', title: 'A', url: 'https://store.com/p.php?id=1' },
      { id: 'b', title: 'B', url: 'https://store.com/p.php?id=2' },
      { id: 'v1', title: 'Tee', url: 'https://store.com/tee?variant=1' },
      { id: 'v2', title: 'Tee', url: 'https://store.com/tee?variant=2' },
    ];

    it.each([
      ['https://store.com/products/blue-hoodie', 'hoodie'],
      ['http://www.store.com/products/blue-hoodie/?utm_source=mail#reviews', 'hoodie'],
      ['HTTPS://STORE.COM/products/blue-hoodie', 'hoodie'],
      ['https://other.com/products/blue-hoodie', undefined],
      ['https://any.example/products/wax?x=1', 'wax'],
      ['https://store.com/p.php?id=2', 'b'],
      ['https://store.com/p.php', undefined],
      ['https://store.com/tee', 'v1'],
      ['https://store.com/tee?variant=2', 'v2'],
      ['', undefined],
      ['not a page', undefined],
    ])('%s is %s', async (url, id) => {
      expect((await (await open(rows)).findByUrl(url))?.id).toBe(id);
    });

    it('is none for any other text', async () => {
      const catalog = await open(rows);
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
          expect(await catalog.findByUrl(text)).toBeUndefined();
        }),
      );
    });
  });

  describe('a price', () => {
    const now = () => Date.parse('2026-06-15T12:00:00Z');
    const sale = { id: '1', title: 'Lamp', price: '100.00 EUR', sale_price: '80.00 EUR' };

    it('changes when a sale begins and ends, while the catalogue is open', async () => {
      let at = now();
      const row = { ...sale, sale_price_effective_date: '2026-06-20T00:00Z/2026-06-30T00:00Z' };
      const catalog = await open([row, { id: '2', title: 'Desk', expiration_date: '2026-06-25' }], {
        now: () => at,
      });
      const seen: unknown[] = [];
      for (const day of ['2026-06-15', '2026-06-21', '2026-06-26', '2026-07-02']) {
        at = Date.parse(day);
        const found = await catalog.search({ text: '', limit: 9, order: 'relevance' });
        const cheap = await catalog.search({ text: 'lamp', limit: 9, filters: { maxPrice: '90' } });
        seen.push([found.map(({ item }) => item.id).join(), (await itemOf(catalog, '1'))?.price, cheap.length]);
      }
      expect(seen).toEqual([
        ['1,2', '100.00', 0],
        ['1,2', '80.00', 1],
        ['1', '80.00', 1],
        ['1', '100.00', 0],
      ]);
    });
  });

  describe('a product', () => {
    const shop = [
      {
        id: 'tee',
        title: 'Tee',
        price: '19.00',
        variants: [{ id: 'tee-s', size: 'S', url: 'https://s.example/tee?s=S' }],
      },
      { id: 'tee-s', title: 'Another' },
      { id: 'old', title: 'Old tee', status: 'archived', url: 'https://s.example/old' },
    ];

    it('is found by its own id, or that of one of its choices, also when it is not on sale', async () => {
      const catalog = await open([...shop, { id: 'x', title: 'X', variants: [{ id: 'x-1', size: '1' }] }]);
      const found = await catalog.get(['tee', 'tee-s', 'x-1', 'old', 'none', "'; drop table x; --", 'a\0b']);
      expect([...found].map(([id, { title }]) => [id, title])).toEqual([
        ['tee', 'Tee'],
        ['tee-s', 'Another'],
        ['x-1', 'X'],
        ['old', 'Old tee'],
      ]);
      expect(await catalog.findByUrl('https://s.example/old')).toBeUndefined();
      expect((await catalog.findByUrl('https://s.example/tee?s=S'))?.id).toBe('tee');
      expect(await catalog.get([])).toEqual(new Map());
    });

    it('comes whole, as the file has it', async () => {
      const row = {
        id: 'é\\',
        title: "Größe ' \\ 🙂",
        description: 'a\u0001b',
        attributes: { colour: 'ro"t' },
        quantity: 3,
      };
      const catalog = await open([row]);
      expect(await itemOf(catalog, 'é\\')).toMatchObject({
        title: row.title,
        attributes: [{ key: 'colour', value: 'ro"t' }],
      });
      expect(await titlesFor(catalog, { text: 'groesse' })).toEqual([row.title]);
    });
  });

  describe('what nobody waits for any more', () => {
    it('is not answered', async () => {
      const catalog = await open(rows);
      const left = AbortSignal.abort(new Error('left'));
      await expect(catalog.search({ text: 'desk', limit: 1 }, left)).rejects.toThrow('left');
      await expect(catalog.get(['2'], left)).rejects.toThrow('left');
      await expect(catalog.findByUrl('https://store.com/', left)).rejects.toThrow('left');
      await expect(catalog.known(['desk'], left)).rejects.toThrow('left');
    });
  });

  describe('words of any language', () => {
    it.each([
      ['Вязаная шапка', 'шапка'],
      ['毛衣 セーター', 'セーター'],
      ['Çay bardağı', 'bardagi'],
      ['Smørrebrød 12V', 'smorrebrod'],
      ['1e5 Ω resistor', '1e5'],
    ])('%s is found by %s', async (title, text) => {
      expect(
        await titlesFor(
          await open([
            { id: '1', title },
            { id: '2', title: 'Other' },
          ]),
          { text },
        ),
      ).toEqual([title]);
    });
  });
}
