import { type AddressWriter, createAddressWriter, type PackedAddresses } from './addresses.ts';
import type { Facet } from './catalog.ts';
import { type CatalogItem, isOnSale } from './catalog-item.ts';
import { categoryParts, countFacets } from './facets.ts';
import type { Change } from './load.ts';
import { createKeyWriter, type PackedKeys } from './packed/keys.ts';
import { sharedBytes, sharedDecimals, sharedNumbers } from './packed/numbers.ts';
import { createPostingsWriter, type PackedPostings } from './packed/postings.ts';
import { createRowWriter, type PackedRows } from './packed/rows.ts';
import { searchedFields } from './searched-fields.ts';
import { stopWords } from './stop-words.ts';
import { createWordReader } from './word-reader.ts';
import { fold, stemOf } from './words.ts';

/** What filters and orders ask of a product, for each by its number. */
export interface PackedStates {
  /** For comparing only; NaN, which passes no filter, where there is no price. */
  readonly prices: Float64Array;
  readonly flags: Uint8Array;
}

export const isOnSaleFlag = 1;
export const isAvailableFlag = 2;

/** What products become from a moment on, in milliseconds since 1970, the earliest first. */
export interface PackedChanges extends PackedStates {
  readonly at: Float64Array;
  readonly products: Uint32Array;
  /** Where among `rows` of the changed ones each is. */
  readonly rows: Uint32Array;
  readonly items: PackedRows;
}

/**
 * Products with all that is looked up and searched of them, in memory that threads share: to hand it over costs nothing, however many
 * they are. A product's number is its place in the file.
 */
export interface PackedProducts extends PackedStates {
  readonly size: number;
  /** Those that had a price when they were packed, the cheapest first and otherwise as the file has them. */
  readonly byPrice: Uint32Array;
  readonly items: PackedRows;
  readonly changes: PackedChanges;
  readonly ids: PackedKeys;
  readonly choices: PackedKeys;
  readonly addresses: PackedAddresses;
  /** The stems of what is on sale, by `searchedFields`. */
  readonly stems: PackedPostings;
  /** Its folded brands and parts of categories, by `namedFields`. */
  readonly names: PackedPostings;
  readonly onSale: number;
  /** ISO 4217: that of most prices. */
  readonly currency?: string;
  readonly brands: readonly Facet[];
  readonly categories: readonly Facet[];
}

/** The whole names that filters ask for. */
export const namedFields = { brand: 0, category: 1 } as const;

/** As many brands and categories are told, the most frequent. Our choice. */
const maxFacets = 20_000;

/** Packs products one by one. */
export function createPacker() {
  const items = createRowWriter<CatalogItem>();
  const [ids, choices] = [createKeyWriter(), createKeyWriter()];
  const addresses: AddressWriter = createAddressWriter((product) => items.read(product).title);
  const stems = createPostingsWriter(searchedFields.length);
  const names = createPostingsWriter(Object.keys(namedFields).length);
  /** -1 for a word that tells nothing. */
  const termsOf = createWordReader((word) => (stopWords.has(word) ? -1 : stems.termOf(stemOf(word))));
  const brandNames = remembered((brand) => [names.termOf(fold(brand))]);
  const categoryNames = remembered((category) => {
    const parts = [category, ...categoryParts(category)].map(fold);
    return Array.from(new Set(parts), names.termOf);
  });
  const [currencies, brands, categories] = [countFacets(), countFacets(), countFacets()];
  const states = createStateWriter();
  const changes = createChangeWriter();
  let onSale = 0;
  return {
    add(item: CatalogItem, later: readonly Change[]): void {
      const product = items.write(item);
      ids.set(item.id, product);
      for (const { id } of item.variants ?? []) if (id !== undefined) choices.set(id, product);
      states.add(item);
      for (const change of later) changes.add(change, product);
      const isSold = isOnSale(item);
      for (const { textOf } of searchedFields) stems.addField(isSold ? termsOf(textOf(item)) : []);
      names.addField(isSold ? brandNames(item.brand) : []);
      names.addField(isSold ? categoryNames(item.category) : []);
      if (!isSold) return;
      onSale += 1;
      addresses.add(item, product);
      currencies.add(item.currency);
      brands.add(item.brand);
      categories.add(categoryParts(item.category)[0]);
    },
    /** Others on the event loop go on meanwhile. */
    async pack(): Promise<PackedProducts> {
      const [usual] = currencies.get();
      return {
        size: items.count,
        items: items.pack(),
        changes: changes.pack(),
        byPrice: states.byPrice(),
        ...states.pack(),
        ids: ids.pack(),
        choices: choices.pack(),
        addresses: addresses.pack(),
        stems: await stems.pack(),
        names: await names.pack(),
        onSale,
        ...(usual !== undefined && { currency: usual.name }),
        brands: brands.get().slice(0, maxFacets),
        categories: categories.get().slice(0, maxFacets),
      };
    },
  };
}

/** Our choice: of names beyond it what they mean is found anew each time. */
const maxNames = 10_000;

/** What is found of a name, found once: products have few brands and categories. */
function remembered<Found>(find: (name: string) => Found): (name: string | undefined) => Found {
  const known = new Map<string, Found>();
  return (name = '') => {
    const found = known.get(name) ?? find(name);
    if (known.size < maxNames) known.set(name, found);
    return found;
  };
}

function createStateWriter() {
  const prices: number[] = [];
  const flags: number[] = [];
  return {
    add(item: CatalogItem): void {
      prices.push(item.price === undefined ? Number.NaN : Number(item.price));
      flags.push((isOnSale(item) ? isOnSaleFlag : 0) | (item.availability === 'out-of-stock' ? 0 : isAvailableFlag));
    },
    byPrice(): Uint32Array {
      const priced = Uint32Array.from(prices.keys()).filter((product) => !Number.isNaN(prices[product]));
      const order = sharedNumbers(priced.length);
      order.set(priced.sort((a, b) => (prices[a] ?? 0) - (prices[b] ?? 0) || a - b));
      return order;
    },
    pack(order: Iterable<number> = prices.keys()): PackedStates {
      const shared = { prices: sharedDecimals(prices.length), flags: sharedBytes(flags.length) };
      let to = 0;
      for (const from of order) {
        shared.prices[to] = prices[from] ?? Number.NaN;
        shared.flags[to] = flags[from] ?? 0;
        to += 1;
      }
      return shared;
    },
  };
}

function createChangeWriter() {
  const items = createRowWriter<CatalogItem>();
  const states = createStateWriter();
  const moments: number[] = [];
  const products: number[] = [];
  return {
    add({ at, item }: Change, product: number): void {
      items.write(item);
      states.add(item);
      moments.push(at);
      products.push(product);
    },
    pack(): PackedChanges {
      const rows = sharedNumbers(moments.length);
      for (const place of rows.keys()) rows[place] = place;
      rows.sort((a, b) => (moments[a] ?? 0) - (moments[b] ?? 0));
      const packed = { at: sharedDecimals(rows.length), products: sharedNumbers(rows.length) };
      for (const [place, row] of rows.entries()) {
        packed.at[place] = moments[row] ?? 0;
        packed.products[place] = products[row] ?? 0;
      }
      return { ...packed, rows, items: items.pack(), ...states.pack(rows) };
    },
  };
}
