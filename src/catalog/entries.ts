import type { CatalogFilters } from './catalog.ts';
import { type CatalogItem, isOnSale } from './catalog-item.ts';
import { categoryParts } from './facets.ts';
import { inTurns } from './turns.ts';
import { fold } from './words.ts';

/** A product, with its place in the index and what filters ask of it. */
export interface Entry {
  readonly id: number;
  readonly item: CatalogItem;
  readonly isOnSale: boolean;
  /** For comparing only; NaN, which passes no filter, where there is no price. */
  readonly price: number;
  readonly brand: string;
  readonly categories: readonly string[];
  readonly available: boolean;
}

/** The products that may be found. */
export async function entriesOf(items: readonly CatalogItem[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  await inTurns(items, (item) => {
    if (isOnSale(item)) entries.push(entryOf(item, entries.length));
  });
  return entries;
}

/** A product at its place in the index. */
export function entryOf(item: CatalogItem, id: number): Entry {
  return {
    id,
    item,
    isOnSale: isOnSale(item),
    price: item.price === undefined ? Number.NaN : Number(item.price),
    brand: fold(item.brand ?? ''),
    categories: [item.category ?? '', ...categoryParts(item)].map(fold),
    available: item.availability !== 'out-of-stock',
  };
}

/** Whether an entry is on sale and passes all filters. */
export function createFilter(filters: CatalogFilters = {}): (entry: Entry) => boolean {
  const minimum = filters.minPrice === undefined ? undefined : Number(filters.minPrice);
  const maximum = filters.maxPrice === undefined ? undefined : Number(filters.maxPrice);
  const brand = filters.brand === undefined ? undefined : fold(filters.brand);
  const category = filters.category === undefined ? undefined : fold(filters.category);
  return (entry) =>
    entry.isOnSale &&
    (minimum === undefined || entry.price >= minimum) &&
    (maximum === undefined || entry.price <= maximum) &&
    (brand === undefined || entry.brand === brand) &&
    (category === undefined || entry.categories.includes(category)) &&
    (filters.available === undefined || entry.available === filters.available);
}
