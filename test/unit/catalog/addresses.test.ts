import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogOfRows } from './files.ts';

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
    expect((await (await catalogOfRows(rows)).findByUrl(url))?.id).toBe(id);
  });

  it('is none for any other text', async () => {
    const catalog = await catalogOfRows(rows);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await catalog.findByUrl(text)).toBeUndefined();
      }),
    );
  });
});
