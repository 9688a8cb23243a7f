import { type Address, readAddress } from '../addresses.ts';
import { type CatalogItem, isOnSale } from '../catalog-item.ts';
import type { Change } from '../load.ts';
import { createKeyWriter } from '../packed/keys.ts';
import { vectorOf } from './lexemes.ts';

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

/** A product that was read, its number in the file, and what becomes of it, the earliest first. */
export interface ReadProduct {
  readonly number: number;
  readonly item: CatalogItem;
  readonly changes: readonly Change[];
}

/** Makes the rows of products that come one by one: nothing is kept of them but whose each path is, in a few bytes. */
export function createRowMaker() {
  const pages = createPages();
  return {
    /** Paths that several different products share, as keys: those are told apart by their queries alone, and no row is to have such a key. */
    sharedKeys: pages.shared,
    rowsOf({ number, item: first, changes }: ReadProduct): readonly ProductRow[] {
      const own = isOnSale(first) ? addressesOf(first).map(({ place }) => place) : [];
      const paths = new Set(own.filter((path) => pages.claim(path, first.title, number)));
      const times = [{ at: -Infinity, item: first }, ...changes];
      return times.flatMap(({ at, item }, place) => {
        const until = times[place + 1]?.at ?? Infinity;
        return until > at ? [rowOf(item, { since: at, until, paths })] : [];
      });
    },
  };
}

/** Stands for a path of several different products. */
const several = 0xffff_fffe;

function createPages() {
  const owners = createKeyWriter();
  const titled = createKeyWriter();
  const shared: string[] = [];
  return {
    shared,
    /** Whether a path is this product's: the first one's that has it. */
    claim(path: string, title: string, product: number): boolean {
      const owner = owners.get(path);
      if (owner === undefined) {
        owners.set(path, product);
        titled.set(`${path}\n${title}`, product);
      } else if (owner !== several && owner !== product && titled.get(`${path}\n${title}`) === undefined) {
        owners.set(path, several);
        shared.push(storable(kinds.path + path));
      }
      return owner === undefined || owner === product;
    },
  };
}

function rowOf(
  item: CatalogItem,
  { since, until, paths }: Pick<ProductRow, 'since' | 'until'> & { readonly paths: ReadonlySet<string> },
): ProductRow {
  const { id, price, availability, variants = [] } = item;
  const onSale = isOnSale(item);
  const addresses = onSale ? addressesOf(item) : [];
  return {
    id,
    isOnSale: onSale,
    isAvailable: availability !== 'out-of-stock',
    price: price === undefined ? null : Number(price),
    since,
    until,
    vector: onSale ? vectorOf(item) : '',
    keys: [
      keyOfId(id),
      ...variants.flatMap((variant) => (variant.id === undefined ? [] : [keyOfChoice(variant.id)])),
      ...addresses.map(({ place, query }) => storable(kinds.page + place + query)),
      ...addresses.flatMap(({ place }) => (paths.has(place) ? [storable(kinds.path + place)] : [])),
    ],
    item: JSON.stringify(item),
  };
}

function addressesOf({ url, variants = [] }: CatalogItem): readonly Address[] {
  const urls = new Set([url, ...variants.map((variant) => variant.url)]);
  return [...urls].flatMap((each) => (each === undefined ? [] : (readAddress(each) ?? [])));
}
