import { describe, expect, it } from 'vitest';
import type { Item } from '../../../../src/canonical/index.ts';
import { product } from '../../../../src/dialects/homie/product.ts';

const item: Item = { id: '1', title: 'Hoodie' };

describe('a product in homie', () => {
  it('has its link under both of the documented names', () => {
    const url = 'https://store.com/hoodie';
    expect(product.encode({ ...item, url })).toEqual({ gtin: '1', designation: 'Hoodie', url, uri: url });
  });

  it.each(['url', 'uri'])('is read with its link under %s alone', (name) => {
    expect(product.decode({ gtin: '1', designation: 'Hoodie', [name]: 'https://x.y' }).url).toBe('https://x.y');
  });

  it('leaves out what is not known, and writes no null', () => {
    expect(JSON.stringify(product.encode(item))).toBe('{"gtin":"1","designation":"Hoodie"}');
    expect(product.decode({})).toEqual({ id: '', title: '' });
  });

  it.each([
    ['59.99', 59.99],
    ['59.90', 59.9],
    ['0', 0],
    ['-3.50', -3.5],
    ['1200', 1200],
  ])('writes the price %s as the number %d', (price, number) => {
    expect(product.encode({ ...item, price }).price).toBe(number);
  });

  it.each(['', 'free', '12,50', '1e3', '0x10', ' 5', 'NaN', 'Infinity', '9'.repeat(400)])(
    'leaves out a price that is no number: %.20s',
    (price) => expect(product.encode({ ...item, price })).not.toHaveProperty('price'),
  );

  it.each([
    [59.9, '59.9'],
    [12, '12'],
  ])('reads the price %d as decimal text', (price, text) => expect(product.decode({ price }).price).toBe(text));

  it.each([1e21, 1e-7])('reads no price that it could not write plainly: %d', (price) =>
    expect(product.decode({ price })).not.toHaveProperty('price'),
  );

  it.each([
    ['in-stock', 'in_stock'],
    ['limited', 'limited'],
    ['preorder', 'preorder'],
    ['out-of-stock', 'out_of_stock'],
  ] as const)('is %s on the wire as %s, both ways', (availability, status) => {
    const wire = product.encode({ ...item, availability, quantity: 3 });
    expect(wire.availability).toEqual({ status, quantity: 3 });
    expect(product.decode(wire)).toMatchObject({ availability, quantity: 3 });
  });

  it('keeps a quantity whose status it does not know', () => {
    expect(product.decode({ availability: { status: 'on_the_way', quantity: 2 } })).toEqual({
      id: '',
      title: '',
      quantity: 2,
    });
  });
});
