import type { CatalogItem } from './catalog-item.ts';
import { createKeyWriter, findKey, type PackedKeys } from './packed/keys.ts';

/** The numbers of products by the addresses of their pages. */
export interface PackedAddresses {
  /** With their query. */
  readonly exact: PackedKeys;
  /** Without it. */
  readonly bare: PackedKeys;
}

export interface AddressWriter {
  add(item: CatalogItem, product: number): void;
  pack(): PackedAddresses;
}

/** Stands for pages of several products that differ in their query alone. */
const several = 0xffff_fffe;

/**
 * Indexes products by their addresses. Scheme, `www.`, upper case in the host, fragment and a slash at the end do not count, nor
 * does a query, unless two different products differ in it alone. A product's address that is a path is found on every host, and so
 * are the addresses of its choices.
 */
export function createAddressWriter(titleOf: (product: number) => string): AddressWriter {
  const exact = createKeyWriter();
  const bare = createKeyWriter();
  const add = (item: CatalogItem, product: number, { place, query }: Address): void => {
    if (exact.get(place + query) === undefined) exact.set(place + query, product);
    const other = bare.get(place);
    // Choices of one product share a page; pages told apart by their query alone are found by it only.
    if (other === undefined) bare.set(place, product);
    else if (other !== several && other !== product && titleOf(other) !== item.title) bare.set(place, several);
  };
  return {
    add(item, product) {
      for (const url of new Set([item.url, ...(item.variants ?? []).map((variant) => variant.url)])) {
        const address = url === undefined ? undefined : readAddress(url);
        if (address !== undefined) add(item, product, address);
      }
    },
    pack: () => ({ exact: exact.pack(), bare: bare.pack() }),
  };
}

/** The number of the product whose page has an address. */
export function findAddress({ exact, bare }: PackedAddresses, url: string): number | undefined {
  const address = readAddress(url);
  if (address === undefined) return undefined;
  const { place, path, query } = address;
  const found = findKey(exact, place + query) ?? single(findKey(bare, place)) ?? findKey(exact, path + query);
  return found ?? single(findKey(bare, path));
}

const single = (product: number | undefined): number | undefined => (product === several ? undefined : product);

/** Long enough for any page; what is longer is nobody's address. */
const maxLength = 4096;

export interface Address {
  readonly place: string;
  readonly path: string;
  readonly query: string;
}

export function readAddress(text: string): Address | undefined {
  if (text.length > maxLength || !URL.canParse(text, 'http://path.only')) return undefined;
  const url = new URL(text, 'http://path.only');
  const path = url.pathname.replace(/(?<!\/)\/+$/, '');
  const host = url.host === 'path.only' ? '' : url.host.replace(/^www\./, '');
  return { place: host + path, path, query: url.search };
}
