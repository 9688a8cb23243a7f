import { type CatalogItem, isOnSale } from './catalog-item.ts';
import { inTurns } from './turns.ts';

/** Finds products by the address of their page. */
export type AddressBook = (url: string) => CatalogItem | undefined;

/**
 * Indexes products by their addresses. Scheme, `www.`, upper case in the host, fragment and a slash at the end do not count, nor
 * does a query, unless two different products differ in it alone. A product's address that is a path is found on every host, and so
 * are the addresses of its choices. What is not on sale has no page.
 */
export async function createAddressBook(items: readonly CatalogItem[]): Promise<AddressBook> {
  const exact = new Map<string, CatalogItem>();
  const bare = new Map<string, CatalogItem | undefined>();
  const add = (item: CatalogItem, { place, query }: Address): void => {
    if (!exact.has(place + query)) exact.set(place + query, item);
    const other = bare.get(place);
    // Choices of one product share a page; pages told apart by their query alone are found by it only.
    if (!bare.has(place)) bare.set(place, item);
    else if (other !== undefined && other.title !== item.title) bare.set(place, undefined);
  };
  await inTurns(items, (item) => {
    if (!isOnSale(item)) return;
    for (const url of new Set([item.url, ...(item.variants ?? []).map((variant) => variant.url)])) {
      const address = url === undefined ? undefined : readAddress(url);
      if (address !== undefined) add(item, address);
    }
  });
  return (url) => {
    const address = readAddress(url);
    if (address === undefined) return undefined;
    const { place, path, query } = address;
    return exact.get(place + query) ?? bare.get(place) ?? exact.get(path + query) ?? bare.get(path);
  };
}

/** Long enough for any page; what is longer is nobody's address. */
const maxLength = 4096;

interface Address {
  readonly place: string;
  readonly path: string;
  readonly query: string;
}

function readAddress(text: string): Address | undefined {
  if (text.length > maxLength || !URL.canParse(text, 'http://path.only')) return undefined;
  const url = new URL(text, 'http://path.only');
  const path = url.pathname.replace(/(?<!\/)\/+$/, '');
  const host = url.host === 'path.only' ? '' : url.host.replace(/^www\./, '');
  return { place: host + path, path, query: url.search };
}
