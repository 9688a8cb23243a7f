import { describe, expect, it } from 'vitest';
import { catalogOf, catalogOfRows, itemOf } from './files.ts';

const priced = async (price: string | number, currency?: string) => {
  const catalog = await catalogOfRows([{ id: '1', title: 'Lamp', price }], currency === undefined ? {} : { currency });
  const { price: amount, highestPrice, currency: named, priceNote } = (await itemOf(catalog, '1')) ?? {};
  return [amount, named, highestPrice, priceNote].filter((part) => part !== undefined);
};

describe('a price in a feed', () => {
  it.each<readonly [string, string | undefined, readonly string[]]>([
    ['US$ 12', undefined, ['12', 'USD']],
    ['A$12.99', undefined, ['12.99', 'AUD']],
    ['$12', 'CAD', ['12', 'CAD']],
    ['$12', 'EUR', ['12', 'USD']],
    ['1299 kr', 'SEK', ['1299', 'SEK']],
    ['kr 1.299,00', 'DKK', ['1299.00', 'DKK']],
    ['1299 kr', undefined, ['1299']],
    ['1 299,00 €', undefined, ['1299.00', 'EUR']],
    ['1\u202f299,00\u00a0€', undefined, ['1299.00', 'EUR']],
    ['₹1,29,999', undefined, ['129999', 'INR']],
    ['£1,234', undefined, ['1234', 'GBP']],
    ['R$ 1.299,00', undefined, ['1299.00', 'BRL']],
    ['5,00 Kč', undefined, ['5.00', 'CZK']],
    ['1.250 KWD', undefined, ['1.250', 'KWD']],
    ['1.250', 'KWD', ['1.250', 'KWD']],
    ['12,500', 'KWD', ['12.500', 'KWD']],
    ['1,250.500', 'BHD', ['1250.500', 'BHD']],
    ['12.000', 'JPY', ['12000', 'JPY']],
    ['¥12,000', undefined, ['12000', 'JPY']],
    ['1299.0000', 'USD', ['1299.00', 'USD']],
    ['12.9900', undefined, ['12.99']],
    ['1e3', undefined, ['1000']],
    ['1299.99 EUR*', undefined, ['1299.99', 'EUR']],
    ['from $12', undefined, ['12', 'USD', 'from $12']],
    ['ab 12,99 €', undefined, ['12.99', 'EUR', 'ab 12,99 €']],
    ['à partir de 12 €', undefined, ['12', 'EUR', 'à partir de 12 €']],
    ['12.99 €/kg', undefined, ['12.99', 'EUR', '12.99 €/kg']],
    ['€ 4,99 / 100 g', undefined, ['4.99', 'EUR', '€ 4,99 / 100 g']],
    ['EUR12,99 inkl. 19 % MwSt.', undefined, ['12.99', 'EUR', 'EUR12,99 inkl. 19 % MwSt.']],
    ['12.99-15.99 USD', undefined, ['12.99', 'USD', '15.99', '12.99 – 15.99']],
    ['12 € bis 15 €', undefined, ['12', 'EUR', '15', '12 – 15']],
    ['Price on request', undefined, []],
    ['2 for 10', undefined, []],
    ['5 apples', undefined, []],
    // Not the shop's own currency, and no telling which.
    ['1299 kr', 'EUR', []],
  ])('%j in a shop of %s', async (text, currency, expected) => {
    expect(await priced(text, currency)).toEqual(expected);
  });

  const now = () => Date.parse('2026-06-15T12:00:00Z');
  const sale = { id: '1', title: 'Lamp', price: '100.00 EUR', sale_price: '80.00 EUR' };

  it.each([
    [{}, '80.00'],
    [{ sale_price: '0.00 EUR' }, '100.00'],
    [{ sale_price: '120.00 EUR' }, '100.00'],
    [{ sale_price: '80.00 USD' }, '100.00'],
    [{ sale_price_effective_date: '2026-06-01T00:00+0100/2026-07-01T00:00+0100' }, '80.00'],
    [{ sale_price_effective_date: '2026-07-01/2026-07-31' }, '100.00'],
    [{ sale_price_effective_date: '2026-01-01T00:00Z/2026-02-01T00:00Z' }, '100.00'],
    [{ special_price_from_date: '6/1/26', special_price_to_date: '6/15/26' }, '80.00'],
    [{ special_price_from_date: '1/1/26', special_price_to_date: '2/1/26' }, '100.00'],
    [{ sale_start_date: '01.06.2026', sale_end_date: '14.06.2026' }, '100.00'],
    [{ price: '', sale_price: '80.00 EUR' }, '80.00'],
  ])('is reduced only while and if it is: %j', async (change, expected) => {
    const catalog = await catalogOfRows([{ ...sale, ...change }], { now });
    expect((await itemOf(catalog, '1'))?.price).toBe(expected);
  });
});

describe('stock in a feed', () => {
  it.each<readonly [string, string | undefined, number | undefined]>([
    ['In Stock.', 'in-stock', undefined],
    ['https://schema.org/InStock', 'in-stock', undefined],
    ['OnlineOnly', 'in-stock', undefined],
    ['LimitedAvailability', 'limited', undefined],
    ['onbackorder', 'preorder', undefined],
    ['Sofort verfügbar', 'in-stock', undefined],
    ['nicht vorrätig', 'out-of-stock', undefined],
    ['épuisé', 'out-of-stock', undefined],
    ['Rupture de stock', 'out-of-stock', undefined],
    ['agotado', 'out-of-stock', undefined],
    ['Sin existencias', 'out-of-stock', undefined],
    ['esaurito', 'out-of-stock', undefined],
    ['Disponibile', 'in-stock', undefined],
    ['niet op voorraad', 'out-of-stock', undefined],
    ['uitverkocht', 'out-of-stock', undefined],
    ['in stock (5)', 'in-stock', 5],
    ['5 auf Lager', 'in-stock', 5],
    ['> 10', 'in-stock', undefined],
    ['10+', 'in-stock', undefined],
    ['More than 10', 'in-stock', undefined],
    ['mehr als 10', 'in-stock', undefined],
    ['25', 'in-stock', 25],
    ['0', 'out-of-stock', 0],
    ['-3', 'out-of-stock', 0],
    // How long it takes does not say whether it is there.
    ['Lieferzeit 2-3 Tage', undefined, undefined],
  ])('%j', async (availability, expected, quantity) => {
    for (const column of ['availability', 'stock']) {
      const catalog = await catalogOfRows([{ id: '1', title: 'Lamp', [column]: availability }]);
      expect([(await itemOf(catalog, '1'))?.availability, (await itemOf(catalog, '1'))?.quantity]).toEqual([
        expected,
        quantity,
      ]);
      expect(catalog.fieldErrors.counts).toEqual([]);
    }
  });

  it('is what the shop says before it is what the shop counts', async () => {
    const text =
      'id,title,is_in_stock,qty,manage_stock,backorders\n1,A,0,7,1,\n2,B,1,0,0,\n3,C,,0,0,\n4,D,,0,1,1\n5,E,,0,1,0\n6,F,1,0,1,\n';
    const catalog = await catalogOf('p.csv', text);
    const found = await catalog.get(['1', '2', '3', '4', '5', '6']);
    const stock = [...found.values()].map(({ availability, quantity }) => [availability, quantity]);
    expect(stock).toEqual([
      ['out-of-stock', undefined],
      ['in-stock', undefined],
      ['in-stock', undefined],
      ['preorder', undefined],
      ['out-of-stock', 0],
      ['in-stock', undefined],
    ]);
  });
});

describe('three digits after the only sign of an amount', () => {
  const amountsOf = async (prices: readonly string[], currency = 'EUR') => {
    const rows = prices.map((price, id) => ({ id: `${id}`, title: `Lamp ${id}`, price }));
    const catalog = await catalogOfRows(rows, { currency });
    const items = await catalog.get(rows.map(({ id }) => id));
    return {
      amounts: rows.map(({ id }) => items.get(id)?.price),
      open: catalog.fieldErrors.counts.map(({ field, reason, count }) => `${field} ${reason} ${count}`),
    };
  };

  it.each([
    ['where commas are decimal ones', ['12,50', '12.345'], 'KWD', ['12.50', '12345']],
    ['though that is seen later', ['12.345', '7.500', '12,50'], 'KWD', ['12345', '7500', '12.50']],
    ['where points are decimal ones', ['59.99', '12,345'], 'KWD', ['59.99', '12345']],
    ['where the sign stands between groups elsewhere', ['12.345', '1.234.567'], 'KWD', ['12345', '1234567']],
    ['and before another sign', ['12.345', '1.234,50'], 'EUR', ['12345', '1234.50']],
  ])('are thousands %s', async (_, prices, currency, amounts) => {
    expect(await amountsOf(prices, currency)).toEqual({ amounts, open: [] });
  });

  it.each([
    ['where others have three that are no thousands', ['12.345', '0.950'], 'EUR', ['12.345', '0.95']],
    ['though that is seen later', ['12.345', '59.99', '1234.500'], 'EUR', ['12.345', '59.99', '1234.50']],
    [
      'where points are decimal ones, in a currency with three decimals',
      ['59.99', '12.345'],
      'KWD',
      ['59.99', '12.345'],
    ],
  ])('are decimals %s', async (_, prices, currency, amounts) => {
    expect(await amountsOf(prices, currency)).toEqual({ amounts, open: [] });
  });

  it.each([
    ['thousands', 'EUR', ['59.99', '12.345', '2.500'], ['59.99', '12345', '2500'], 2],
    ['thousands', 'EUR', ['12.345'], ['12345'], 1],
    ['decimals', 'KWD', ['12.345', '40'], ['12.345', '40'], 1],
  ])('are %s in %s where nothing tells, and counted', async (_, currency, prices, amounts, count) => {
    expect(await amountsOf(prices, currency)).toEqual({ amounts, open: [`price ambiguous ${count}`] });
  });
});
