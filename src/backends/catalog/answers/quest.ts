import { type CatalogFilters, type Facet, fold, wordsOf } from '../../../catalog/index.ts';
import type { Inquiry } from '../inquiry.ts';

/** What a message looks for. */
export interface Quest {
  /** The words that products are to have; those that a filter stands for are not among them. */
  readonly text: string;
  readonly filters: CatalogFilters;
  readonly order: 'relevance' | 'cheapest' | 'dearest';
  /** Whether there is anything to look for at all. */
  readonly meant: boolean;
}

/** Reads from a message's words which brand, category and order it asks for. */
export function readQuest(inquiry: Inquiry): Quest {
  const { request, catalog } = inquiry;
  const { words, cues, folded, minPrice, maxPrice } = request;
  const brand = facetIn(words, catalog.brands);
  const rest = brand === undefined ? words : words.filter((word) => !wordsOf(brand).includes(word));
  const named = facetIn(rest, catalog.categories);
  // `workshop desk` is not the category Workshop, but `show me Workshop` is.
  const category = named !== undefined && wordsOf(named).length === rest.length ? named : undefined;
  const presents = rest.length === 0 ? giftCategory(inquiry) : undefined;
  const order = cues.cheapest.test(folded) ? 'cheapest' : cues.dearest.test(folded) ? 'dearest' : 'relevance';
  const asks =
    cues.recommend.test(folded) || cues.gift.test(folded) || minPrice !== undefined || maxPrice !== undefined;
  const chosen = category ?? presents;
  return {
    text: category === undefined ? rest.join(' ') : '',
    filters: {
      ...(brand !== undefined && { brand }),
      ...(chosen !== undefined && { category: chosen }),
      ...(cues.availableOnly.test(folded) && { available: true }),
    },
    order,
    meant: words.length > 0 || order !== 'relevance' || asks,
  };
}

/** The shop's category of presents, if presents are looked for. */
export function giftCategory({ request: { cues, folded }, catalog }: Inquiry): string | undefined {
  if (!cues.gift.test(folded)) return undefined;
  return catalog.categories.find(({ name }) => /\b(?:gifts?|presents?|geschenk\w*)\b/.test(fold(name)))?.name;
}

/** The brand or category whose every word is among the message's; the longest name if there are several. */
function facetIn(words: readonly string[], facets: readonly Facet[]): string | undefined {
  const said = new Set(words);
  return facets
    .filter(({ name }) => isSaid(name, said))
    .map(({ name }) => name)
    .toSorted((a, b) => b.length - a.length)[0];
}

function isSaid(name: string, said: ReadonlySet<string>): boolean {
  const parts = wordsOf(name);
  return parts.length > 0 && parts.every((part) => said.has(part));
}
