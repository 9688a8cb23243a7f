import { LRUCache } from 'lru-cache';
import { findAddress } from './addresses.ts';
import type { Catalog, CatalogQuery } from './catalog.ts';
import { type CatalogItem, isOnSale } from './catalog-item.ts';
import type { CatalogSource } from './load.ts';
import { type PackedCatalog, packCatalog } from './pack-in-thread.ts';
import { findKey } from './packed/keys.ts';
import { readRows } from './packed/rows.ts';
import type { PackedProducts } from './packed-products.ts';
import { createProductIndex, type Hit } from './search.ts';

export interface OpenOptions extends CatalogSource {
  readonly name: string;
  /** What time it is, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Reads the file and packs what it holds; here, unless something else does elsewhere. */
  readonly pack?: (source: CatalogSource, now: number) => Promise<PackedCatalog>;
}

/**
 * Opens a file of products; others on the event loop go on meanwhile. Rows that are no product are told in `rejected`. Prices are those of
 * the moment at which they are asked for: sales begin and end while the catalogue is open. Throws a plain `Error` that names the catalogue
 * and the file if there is not one product.
 */
export async function openCatalog({
  name,
  now = Date.now,
  pack = packCatalog,
  ...source
}: OpenOptions): Promise<Catalog> {
  const { products, ...report } = await pack(source, now());
  const { ids, choices, addresses, size, currency, brands, categories } = products;
  const changed = createChanges(products);
  const index = createProductIndex(products, changed.products);
  const remembered = new LRUCache<string, readonly Hit[]>({ max: maxRemembered });
  const read = createReader(products, changed);
  const keepUp = (): void => {
    if (!changed.keepUp(now())) return;
    read.clear();
    remembered.clear();
  };
  const itemOf = (product: number | undefined): CatalogItem | undefined =>
    product === undefined ? undefined : read(product);
  const search = ({ favourites = [], ...query }: CatalogQuery): readonly Hit[] => {
    const key = JSON.stringify({ ...query, favourites });
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const hits = index.search({ ...query, favourites: new Set(favourites.flatMap((id) => findKey(ids, id) ?? [])) });
    if (key.length <= maxKeyLength && hits.length <= maxHitsKept) remembered.set(key, hits);
    return hits;
  };
  return {
    name,
    size,
    ...(currency !== undefined && { currency }),
    brands,
    categories,
    ...report,
    async search(query, signal) {
      signal?.throwIfAborted();
      keepUp();
      return search(query).map(({ product, ...hit }) => ({ item: read(product), ...hit }));
    },
    async get(wanted, signal) {
      signal?.throwIfAborted();
      keepUp();
      return new Map(
        wanted.flatMap((id) => {
          const item = itemOf(findKey(ids, id) ?? findKey(choices, id));
          return item === undefined ? [] : [[id, item] as const];
        }),
      );
    },
    async findByUrl(url, signal) {
      signal?.throwIfAborted();
      keepUp();
      const item = itemOf(findAddress(addresses, url));
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
/** Longer texts, and longer answers, are asked for once. */
const maxKeyLength = 400;
const maxHitsKept = 100;

/** Products that are kept as they are read. */
const maxRead = 2_000;

/** Reads products by their numbers, as they are now. */
function createReader({ items }: PackedProducts, changed: ChangedProducts) {
  const known = new LRUCache<number, CatalogItem>({ max: maxRead });
  const asLoaded = readRows(items);
  const read = (product: number): CatalogItem => {
    const item = known.get(product) ?? ((changed.read(product) ?? asLoaded(product)) as CatalogItem); // what was packed
    known.set(product, item);
    return item;
  };
  return Object.assign(read, { clear: () => known.clear() });
}

interface ChangedProducts {
  /** Has what is to change by a time have changed. Tells whether anything has. */
  keepUp(now: number): boolean;
  /** A product as it has become; `undefined` while it is as it was loaded. */
  read(product: number): unknown;
  /** Those that are not as they were loaded. */
  readonly products: ReadonlySet<number>;
}

/** Keeps products as they are to be by the clock. */
function createChanges({ size, changes, prices, flags }: PackedProducts): ChangedProducts {
  const { at, products, rows } = changes;
  const readChanged = readRows(changes.items);
  /** For each product the row of what it has become, plus one. */
  const current = new Uint32Array(size);
  const others = new Set<number>();
  let next = 0;
  return {
    products: others,
    keepUp(now) {
      const before = next;
      for (; (at[next] ?? Infinity) <= now; next += 1) {
        const product = products[next] ?? 0;
        others.add(product);
        current[product] = (rows[next] ?? 0) + 1;
        prices[product] = changes.prices[next] ?? Number.NaN;
        flags[product] = changes.flags[next] ?? 0;
      }
      return next > before;
    },
    read(product) {
      const row = current[product] ?? 0;
      return row === 0 ? undefined : readChanged(row - 1);
    },
  };
}
