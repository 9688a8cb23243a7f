import type { Item } from '../canonical/index.ts';
import { createAddressBook } from './addresses.ts';
import type { Catalog } from './catalog.ts';
import { categoryParts, countFacets } from './facets.ts';
import { type CatalogSource, loadProducts } from './load.ts';
import { indexProducts } from './search.ts';

/**
 * Loads a file of products and indexes them; others on the event loop go on meanwhile. Rows that are no product are told in
 * `rejected`. Throws a plain `Error` that names the catalogue and the file if there is not one product.
 */
export async function openCatalog({ name, ...source }: CatalogSource & { readonly name: string }): Promise<Catalog> {
  const { items, rejected, rejectedCount } = await loadProducts(source);
  const index = await indexProducts(items);
  const products = new Map<string, Item>(items.map((item) => [item.id, item]));
  const findByUrl = createAddressBook(items);
  const [usual] = countFacets(items.flatMap(({ currency }) => currency ?? []));
  return {
    name,
    size: items.length,
    ...(usual !== undefined && { currency: usual.name }),
    brands: countFacets(items.flatMap(({ brand }) => brand ?? [])),
    categories: countFacets(items.flatMap((item) => categoryParts(item)[0] ?? [])),
    rejected,
    rejectedCount,
    search: (query) => Promise.resolve(index.search(query)),
    get: (id) => products.get(id),
    findByUrl,
    knows: index.knows,
    close: () => Promise.resolve(),
  };
}
