import type { Item } from '../canonical/index.ts';

/** Finds products by the address of their page. */
export type AddressBook = (url: string) => Item | undefined;

/**
 * Indexes products by their addresses. Scheme, `www.`, upper case in the host, fragment and a slash at the end do not count, nor
 * does a query, unless two different products differ in it alone. A product's address that is a path is found on every host.
 */
export function createAddressBook(items: readonly Item[]): AddressBook {
  const exact = new Map<string, Item>();
  const bare = new Map<string, Item | undefined>();
  for (const item of items) {
    const address = item.url === undefined ? undefined : readAddress(item.url);
    if (address === undefined) continue;
    const { place, query } = address;
    if (!exact.has(place + query)) exact.set(place + query, item);
    const other = bare.get(place);
    // Variants of one product share a page; pages told apart by their query alone are found by it only.
    if (!bare.has(place)) bare.set(place, item);
    else if (other !== undefined && other.title !== item.title) bare.set(place, undefined);
  }
  return (url) => {
    const address = readAddress(url);
    if (address === undefined) return undefined;
    const { place, path, query } = address;
    return exact.get(place + query) ?? bare.get(place) ?? exact.get(path + query) ?? bare.get(path);
  };
}

/** Long enough for any page; what is longer is nobody's address. */
const maxLength = 4096;

function readAddress(text: string): { place: string; path: string; query: string } | undefined {
  if (text.length > maxLength || !URL.canParse(text, 'http://path.only')) return undefined;
  const url = new URL(text, 'http://path.only');
  const path = url.pathname.replace(/\/+$/, '');
  const host = url.host === 'path.only' ? '' : url.host.replace(/^www\./, '');
  return { place: host + path, path, query: url.search };
}
