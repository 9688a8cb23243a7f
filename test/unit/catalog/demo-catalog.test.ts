import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/catalog/index.ts';
import { schemaGuard } from '../../../src/dialects/schema.ts';
import { itemOf } from './files.ts';

const file = fileURLToPath(new URL('../../../config/catalog.ndjson', import.meta.url));

describe('the demo catalogue', () => {
  it('keeps to the schema of a product, line by line', () => {
    const guard = schemaGuard('catalog/product.json');
    for (const line of readFileSync(file, 'utf8').trim().split('\n'))
      expect(guard.violations(JSON.parse(line))).toEqual([]);
  });

  it('has the blue hoodie and the workshop desk as they are documented', async () => {
    const catalog = await openCatalog({ name: 'shop', file });
    expect(catalog.rejected).toEqual([]);
    expect(await itemOf(catalog, '1234567890123')).toMatchObject({
      brand: 'Homie',
      title: 'Blue Hoodie',
      url: 'https://store.com/products/blue-hoodie',
      imageUrl: 'https://store.com/images/blue-hoodie.png',
      price: '59.99',
      currency: 'EUR',
      availability: 'in-stock',
      quantity: 12,
    });
    expect(await itemOf(catalog, 'ST678VG')).toMatchObject({
      title: 'Itelio workshop desk',
      status: 'active',
      description: 'Solid wood workshop desk for the discerning customer.',
      price: '999.99',
    });
  });

  it('has every availability, and at least sixty products', async () => {
    const catalog = await openCatalog({ name: 'shop', file });
    const all = await catalog.search({ text: '', limit: 1_000 });
    expect(all.length).toBeGreaterThanOrEqual(60);
    expect(new Set(all.map(({ item }) => item.availability))).toEqual(
      new Set(['in-stock', 'limited', 'preorder', 'out-of-stock']),
    );
  });
});
