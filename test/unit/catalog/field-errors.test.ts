import { describe, expect, it } from 'vitest';
import { catalogOf, catalogOfRows, itemOf } from './files.ts';

describe('a field that cannot be read', () => {
  it('costs the field, not the product, and is counted by field and reason', async () => {
    const catalog = await catalogOfRows([
      { id: '1', title: 'P', price: 'call us' },
      { id: '2', title: 'P', price: '-5.00', url: 'javascript:alert(1)' },
      { id: '3', title: 'P', price: 'ask', availability: 'perhaps', stock: 'many', currency: 'Quids' },
      { id: '4', title: 'P', price: '5', sale_price: '4', sale_price_effective_date: 'next week' },
      { id: '5', title: 'P', expiration_date: 'soon', image: 'photo of it', variants: ['S'] },
    ]);
    expect([catalog.size, catalog.rejectedCount]).toEqual([5, 0]);
    expect(catalog.fieldErrors.counts[0]).toEqual({ field: 'price', reason: 'not-an-amount', count: 2 });
    expect(catalog.fieldErrors.counts.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      'availability unknown-word',
      'currency unknown-currency',
      'expires not-a-date',
      'imageUrl not-an-address',
      'price negative',
      'price not-an-amount',
      'quantity unknown-word',
      'salePeriod not-a-date',
      'url not-an-address',
      'variants not-a-variant',
    ]);
    expect(catalog.fieldErrors.examples).toHaveLength(10);
    expect(catalog.fieldErrors.examples[0]).toEqual({
      line: 1,
      field: 'price',
      reason: 'not-an-amount',
      value: '"call us"',
    });
    // Nobody can tell whether that sale is on.
    expect(await itemOf(catalog, '4')).toMatchObject({ price: '5' });
    expect(await itemOf(catalog, '3')).not.toHaveProperty('price');
  });

  it('is none where nothing is said: empty cells, n/a, a price of 0000-00-00 dates', async () => {
    const text = 'id,title,price,availability,sale_start_date,sale_price\n1,A,n/a,,0000-00-00,\n2,B,-,in stock,,\n';
    const catalog = await catalogOf('p.csv', text);
    expect(catalog.fieldErrors.counts).toEqual([]);
    expect(catalog.size).toBe(2);
  });
});
