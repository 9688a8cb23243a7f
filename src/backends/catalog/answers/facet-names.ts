import { type Facet, wordsOf } from '../../../catalog/index.ts';

/** A brand or a category by its folded words. */
interface FacetName {
  readonly name: string;
  readonly words: readonly string[];
}

/** Names by the first of their words. A catalogue may have tens of thousands: they are read once, for as long as it is open. */
const indexes = new WeakMap<readonly Facet[], ReadonlyMap<string, readonly FacetName[]>>();

function indexOf(facets: readonly Facet[]): ReadonlyMap<string, readonly FacetName[]> {
  const known = indexes.get(facets);
  if (known !== undefined) return known;
  const index = new Map<string, FacetName[]>();
  for (const { name } of facets) {
    const words = wordsOf(name);
    const [first] = words;
    if (first === undefined) continue;
    const names = index.get(first);
    if (names === undefined) index.set(first, [{ name, words }]);
    else names.push({ name, words });
  }
  indexes.set(facets, index);
  return index;
}

/** The brand or category whose every word is among the message's; the longest name if there are several. */
export function facetNamed(facets: readonly Facet[], words: readonly string[]): string | undefined {
  const index = indexOf(facets);
  const said = new Set(words);
  let longest = '';
  for (const word of said)
    for (const { name, words: parts } of index.get(word) ?? [])
      if (name.length > longest.length && parts.every((part) => said.has(part))) longest = name;
  return longest === '' ? undefined : longest;
}

/** Shorter words may be anything. */
const leastLetters = 5;

/** The one brand that begins with one of the words: `kestrel` of Kestrel & Co. */
export function brandBeginning(brands: readonly Facet[], words: readonly string[]): string | undefined {
  const index = indexOf(brands);
  for (const word of words.filter(({ length }) => length >= leastLetters)) {
    const [only, other] = index.get(word) ?? [];
    if (only !== undefined && other === undefined) return only.name;
  }
  return undefined;
}
