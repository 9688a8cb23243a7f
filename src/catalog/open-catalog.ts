import { LRUCache } from 'lru-cache';
import type { Item } from '../canonical/index.ts';
import { createAddressBook } from './addresses.ts';
import type { Catalog, CatalogMatch } from './catalog.ts';
import { categoryParts, countFacets } from './facets.ts';
import { type CatalogSource, loadProducts } from './load.ts';
import { indexProducts, type ProductIndex } from './search.ts';

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
    search: remember(index.search),
    get: (id) => products.get(id),
    findByUrl,
    knows: index.knows,
    close: () => Promise.resolve(),
  };
}

/** Searches that are kept: many visitors ask for the same things, and the products do not change. */
const maxRemembered = 1_000;
/** Longer texts are asked once. */
const maxKeyLength = 400;

function remember(search: ProductIndex['search']): Catalog['search'] {
  const found = new LRUCache<string, readonly CatalogMatch[]>({ max: maxRemembered });
  return (query) => {
    const key = JSON.stringify(query);
    const matches = found.get(key) ?? search(query);
    if (key.length <= maxKeyLength && query.limit <= 100) found.set(key, matches);
    return Promise.resolve(matches);
  };
}
