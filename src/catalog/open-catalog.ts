import { LRUCache } from 'lru-cache';
import { createAddressBook } from './addresses.ts';
import type { Catalog, CatalogMatch } from './catalog.ts';
import { type CatalogItem, isOnSale } from './catalog-item.ts';
import { categoryParts, countFacets } from './facets.ts';
import { type CatalogSource, type Change, type LoadedProducts, loadProducts } from './load.ts';
import { indexProducts } from './search.ts';
import { inTurns } from './turns.ts';

export interface OpenOptions extends CatalogSource {
  readonly name: string;
  /** What time it is, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Reads the file; here, unless something else does elsewhere. */
  readonly load?: (source: CatalogSource, now: number) => Promise<LoadedProducts>;
}

/**
 * Loads a file of products and indexes them; others on the event loop go on meanwhile. Rows that are no product are told in
 * `rejected`. Prices are those of the moment at which they are asked for: sales begin and end while the catalogue is open. Throws a
 * plain `Error` that names the catalogue and the file if there is not one product.
 */
export async function openCatalog({
  name,
  now = Date.now,
  load = loadProducts,
  ...source
}: OpenOptions): Promise<Catalog> {
  const { items, changes, rejected, rejectedCount, fieldErrors } = await load(source, now());
  const index = await indexProducts(items);
  const { products, choices, currencies, brands, categories } = await lookUpsOf(items);
  const addressed = await createAddressBook(items);
  const [usual] = currencies;
  const remembered = new LRUCache<string, readonly CatalogMatch[]>({ max: maxRemembered });
  const keepUp = createCalendar(changes, (changed) => {
    for (const [id, item] of changed) products.set(id, item);
    index.replace(changed);
    remembered.clear();
  });
  const get = (id: string): CatalogItem | undefined => {
    keepUp(now());
    return products.get(id) ?? products.get(choices.get(id) ?? '');
  };
  return {
    name,
    size: items.length,
    ...(usual !== undefined && { currency: usual.name }),
    brands,
    categories,
    rejected,
    rejectedCount,
    fieldErrors,
    async search(query, signal) {
      signal?.throwIfAborted();
      keepUp(now());
      const key = JSON.stringify(query);
      const matches = remembered.get(key) ?? index.search(query);
      if (key.length <= maxKeyLength && query.limit <= 100) remembered.set(key, matches);
      return matches;
    },
    async get(ids, signal) {
      signal?.throwIfAborted();
      return new Map(
        ids.flatMap((id) => {
          const item = get(id);
          return item === undefined ? [] : [[id, item] as const];
        }),
      );
    },
    async findByUrl(url, signal) {
      signal?.throwIfAborted();
      const found = addressed(url);
      const item = found && get(found.id);
      return item !== undefined && isOnSale(item) ? item : undefined;
    },
    async known(words, signal) {
      signal?.throwIfAborted();
      return new Set([...words].filter(index.knows));
    },
    close: () => Promise.resolve(),
  };
}

/** Searches that are kept: many visitors ask for the same things, and the products seldom change. */
const maxRemembered = 1_000;
/** Longer texts are asked once. */
const maxKeyLength = 400;

/** What is looked up by name: products by their ids and by those of their choices, and what there is of what is on sale. */
async function lookUpsOf(items: readonly CatalogItem[]) {
  const products = new Map<string, CatalogItem>();
  const choices = new Map<string, string>();
  const [currencies, brands, categories] = [countFacets(), countFacets(), countFacets()];
  await inTurns(items, (item) => {
    const { id, variants = [] } = item;
    products.set(id, item);
    for (const variant of variants) if (variant.id !== undefined) choices.set(variant.id, id);
    if (!isOnSale(item)) return;
    currencies.add(item.currency);
    brands.add(item.brand);
    categories.add(categoryParts(item)[0]);
  });
  return { products, choices, currencies: currencies.get(), brands: brands.get(), categories: categories.get() };
}

/** Has what is to change by a time have changed, when it is told that time. */
function createCalendar(changes: readonly Change[], apply: (changed: ReadonlyMap<string, CatalogItem>) => void) {
  let next = 0;
  return (now: number): void => {
    if ((changes[next]?.at ?? Infinity) > now) return;
    const changed = new Map<string, CatalogItem>();
    for (let change = changes[next]; change !== undefined && change.at <= now; change = changes[next]) {
      changed.set(change.item.id, change.item);
      next += 1;
    }
    apply(changed);
  };
}
