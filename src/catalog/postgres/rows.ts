import { type Address, readAddress } from '../addresses.ts';
import { type CatalogItem, isOnSale } from '../catalog-item.ts';
import type { Change, LoadedProducts } from '../load.ts';
import { lexemesOf } from './lexemes.ts';

/** A product in a table, or what it is for a time: one whose sale begins has two rows. */
export interface ProductRow {
  readonly id: string;
  readonly isOnSale: boolean;
  readonly isAvailable: boolean;
  readonly price: number | null;
  /** In milliseconds since 1970: from when on it is so, and until when. */
  readonly since: number;
  readonly until: number;
  /** The text of a `tsvector`; empty for what is not on sale. */
  readonly vector: string;
  readonly stems: Iterable<string>;
  readonly keys: readonly string[];
  /** JSON. */
  readonly item: string;
}

/** What a product is looked up by, and what that begins with: its id, those of its choices, its page with its query and without. */
const kinds = { id: 'i:', choice: 'v:', page: 'u:', path: 'p:' } as const;

/** PostgreSQL has no text with such a character. */
const storable = (text: string): string => text.replaceAll('\0', '');

export const keyOfId = (id: string): string => storable(kinds.id + id);

export const keyOfChoice = (id: string): string => storable(kinds.choice + id);

/** What the product with an address has as a key, the surest first; none for what is no address. */
export function keysForUrl(url: string): readonly string[] {
  const address = readAddress(url);
  if (address === undefined) return [];
  const { place, path, query } = address;
  return [kinds.page + place + query, kinds.path + place, kinds.page + path + query, kinds.path + path].map(storable);
}

/** The rows of all that a file holds, in its order. */
export function* rowsOf({ items, changes }: Pick<LoadedProducts, 'items' | 'changes'>): Generator<ProductRow> {
  const pages = sharedPages(items);
  const later = new Map<string, Change[]>();
  for (const change of changes) {
    const list = later.get(change.item.id);
    if (list === undefined) later.set(change.item.id, [change]);
    else list.push(change);
  }
  for (const first of items) {
    const times = [{ at: -Infinity, item: first }, ...(later.get(first.id) ?? [])];
    for (const [place, { at, item }] of times.entries()) {
      const until = times[place + 1]?.at ?? Infinity;
      if (until > at) yield rowOf(item, { since: at, until, pages });
    }
  }
}

/** Paths that several different products share: those are told apart by their queries alone. */
type Pages = ReadonlyMap<string, string | undefined>;

function rowOf(
  item: CatalogItem,
  { since, until, pages }: Pick<ProductRow, 'since' | 'until'> & { readonly pages: Pages },
): ProductRow {
  const { id, price, availability, variants = [] } = item;
  const onSale = isOnSale(item);
  const { vector, stems } = onSale ? lexemesOf(item) : { vector: '', stems: [] };
  const addresses = onSale ? addressesOf(item) : [];
  return {
    id,
    isOnSale: onSale,
    isAvailable: availability !== 'out-of-stock',
    price: price === undefined ? null : Number(price),
    since,
    until,
    vector,
    stems,
    keys: [
      keyOfId(id),
      ...variants.flatMap((variant) => (variant.id === undefined ? [] : [keyOfChoice(variant.id)])),
      ...addresses.map(({ place, query }) => storable(kinds.page + place + query)),
      ...addresses.flatMap(({ place }) => (pages.get(place) === undefined ? [] : [storable(kinds.path + place)])),
    ],
    item: JSON.stringify(item),
  };
}

function addressesOf({ url, variants = [] }: CatalogItem): readonly Address[] {
  const urls = new Set([url, ...variants.map((variant) => variant.url)]);
  return [...urls].flatMap((each) => (each === undefined ? [] : (readAddress(each) ?? [])));
}

/** The title of the products of each path; `undefined` where they differ. */
function sharedPages(items: readonly CatalogItem[]): Pages {
  const pages = new Map<string, string | undefined>();
  for (const item of items) {
    if (!isOnSale(item)) continue;
    for (const { place } of addressesOf(item)) {
      if (!pages.has(place)) pages.set(place, item.title);
      else if (pages.get(place) !== item.title) pages.set(place, undefined);
    }
  }
  return pages;
}
