import type { Item } from '../canonical/index.ts';
import type { CatalogFilters } from './catalog.ts';
import { categoryParts } from './facets.ts';
import { fold } from './words.ts';

/** A product that is on sale, with its place in the index and what filters ask of it. */
export interface Entry {
  readonly id: number;
  readonly item: Item;
  /** For comparing only; NaN, which passes no filter, where there is no price. */
  readonly price: number;
  readonly brand: string;
  readonly categories: readonly string[];
  readonly available: boolean;
}

const offSale: ReadonlySet<string> = new Set(['inactive', 'archived', 'draft']);

/** The products that may be found: a status other than these three is the shop's own word for a product on sale. */
export function entriesOf(items: readonly Item[]): readonly Entry[] {
  return items
    .filter(({ status }) => !offSale.has(fold(status ?? 'active')))
    .map((item, id) => ({
      id,
      item,
      price: item.price === undefined ? Number.NaN : Number(item.price),
      brand: fold(item.brand ?? ''),
      categories: [item.category ?? '', ...categoryParts(item)].map(fold),
      available: item.availability !== 'out-of-stock',
    }));
}

/** Whether an entry passes all filters. */
export function createFilter(filters: CatalogFilters = {}): (entry: Entry) => boolean {
  const minimum = filters.minPrice === undefined ? undefined : Number(filters.minPrice);
  const maximum = filters.maxPrice === undefined ? undefined : Number(filters.maxPrice);
  const brand = filters.brand === undefined ? undefined : fold(filters.brand);
  const category = filters.category === undefined ? undefined : fold(filters.category);
  return (entry) =>
    (minimum === undefined || entry.price >= minimum) &&
    (maximum === undefined || entry.price <= maximum) &&
    (brand === undefined || entry.brand === brand) &&
    (category === undefined || entry.categories.includes(category)) &&
    (filters.available === undefined || entry.available === filters.available);
}
