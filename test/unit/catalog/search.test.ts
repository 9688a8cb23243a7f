import { describe, expect, it } from 'vitest';
import { catalogContract } from '../../support/catalog-contract.ts';
import { catalogOfRows } from './files.ts';

describe('the catalogue in memory', () => catalogContract(catalogOfRows));

describe('browsing by price', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const day = 86_400_000;
  /** Prices that many have, some for a time, some none. */
  const rows = Array.from({ length: 400 }, (_, n) => ({
    id: `${n}`,
    title: `Thing ${n}`,
    category: n % 3 === 0 ? 'Lamps' : 'Desks',
    availability: n % 7 === 0 ? 'out of stock' : 'in stock',
    ...(n % 11 !== 0 && { price: `${(n * 37) % 25}.00` }),
    ...(n % 5 === 0 && {
      sale_price: `${(n * 13) % 9}.50`,
      sale_start_date: '2026-01-03',
      sale_end_date: '2026-01-05',
    }),
  }));

  it.each([0, 3.5, 6])(
    'gives the first of all that pass, also when prices have changed since: after %s days',
    async (days) => {
      let time = start;
      const catalog = await catalogOfRows(rows, { currency: 'EUR', now: () => time });
      time = start + days * day;
      const items = [...(await catalog.get(rows.map(({ id }) => id))).values()];
      expect(items.some(({ price }) => price?.endsWith('.50') === true)).toBe(days === 3.5);
      const isThere = ({ availability }: (typeof items)[number]) => availability !== 'out-of-stock';
      for (const filters of [{}, { category: 'Lamps' }, { minPrice: '4', maxPrice: '20', available: true }])
        for (const [order, direction] of [
          ['cheapest', 1],
          ['dearest', -1],
        ] as const)
          for (const limit of [1, 7, 60, 1_000]) {
            const found = await catalog.search({ text: '', order, limit, filters });
            const { category, minPrice = '0', maxPrice = '100', available } = { ...filters } as Record<string, any>;
            const expected = items
              .filter((item) => item.price !== undefined && (category === undefined || item.category === category))
              .filter((item) => Number(item.price) >= Number(minPrice) && Number(item.price) <= Number(maxPrice))
              .filter((item) => available === undefined || isThere(item))
              .toSorted(
                (a, b) =>
                  direction * (Number(a.price) - Number(b.price)) ||
                  Number(isThere(b)) - Number(isThere(a)) ||
                  Number(a.id) - Number(b.id),
              );
            expect(found.map(({ item }) => item.id)).toEqual(expected.slice(0, limit).map(({ id }) => id));
          }
    },
  );
});
