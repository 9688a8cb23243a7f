import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/catalog/index.ts';
import { titlesFor } from './files.ts';

/** Real catalogues that stand beside the project and are not part of it. */
const samples = [
  { name: 'dummyjson-products.json', size: 194, text: 'essense mascara', first: 'Essence Mascara Lash Princess' },
  { name: 'ecommerce.ndjson', size: 3_291, text: 'garmin vivofit wristbands', first: /Garmin/ },
  { name: 'shopify-snowdevil.csv', size: 278, text: 'gore-tex under mitts', first: 'Gore-Tex Under Mitt' },
];

describe('a real catalogue', () => {
  for (const { name, size, text, first } of samples) {
    const file = fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
    it(`is read whole and found again: ${name}`, async (context) => {
      if (!existsSync(file)) context.skip(`left out: the sample catalogue ${name} is not beside the project`);
      const catalog = await openCatalog({ name, file, currency: 'USD' });
      expect(catalog.rejected).toEqual([]);
      expect(catalog.size).toBe(size);
      expect((await titlesFor(catalog, { text }))[0]).toMatch(first);
    });
  }
});
