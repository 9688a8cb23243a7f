import {
  type CatalogFilters,
  type CatalogMatch,
  fold,
  type CatalogItem as Item,
  wordsOf,
} from '../../../catalog/index.ts';
import { hasColour, isListedAs, isUnwanted, knownWord, states, statesPercent } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { isColour } from '../language/concepts.ts';
import { canBeHad, judge, type Wish, wishesOf } from './choices.ts';
import { brandBeginning, facetNamed } from './facet-names.ts';

/** What a message looks for. */
export interface ProductQuery {
  /** The words that products are to have, as the catalogue knows them; those that a filter stands for are not among them. */
  readonly words: readonly string[];
  readonly filters: CatalogFilters;
  readonly order: 'relevance' | 'cheapest' | 'dearest';
  readonly wishes: readonly Wish[];
  /** Whether there is anything to look for at all. */
  readonly meant: boolean;
}

const known = new WeakMap<Inquiry, ProductQuery>();

/** What a message looks for; read once for each. */
export function productQueryOf(inquiry: Inquiry): ProductQuery {
  const query = known.get(inquiry) ?? readProductQuery(inquiry);
  known.set(inquiry, query);
  return query;
}

/** Reads from a message's words which brand, category, choices and order it asks for. */
function readProductQuery(inquiry: Inquiry): ProductQuery {
  const { request, catalog } = inquiry;
  const { words, cues, folded, minPrice, maxPrice, size, age, without } = request;
  const brand = facetNamed(catalog.brands, words) ?? brandBeginning(catalog.brands, words);
  const rest = brand === undefined ? words : words.filter((word) => !wordsOf(brand).includes(word));
  const named = facetNamed(catalog.categories, rest);
  // `workshop desk` is not the category Workshop, but `show me Workshop` is.
  const category = named !== undefined && wordsOf(named).length === rest.length ? named : undefined;
  const presents = rest.length === 0 ? giftCategory(inquiry) : undefined;
  const order = cues.cheapest.test(folded) ? 'cheapest' : cues.dearest.test(folded) ? 'dearest' : 'relevance';
  const asks =
    cues.recommend.test(folded) ||
    cues.gift.test(folded) ||
    minPrice !== undefined ||
    maxPrice !== undefined ||
    size !== undefined ||
    age !== undefined;
  const chosen = category ?? presents;
  return {
    words: category === undefined ? rest.map((word) => knownWord(word, inquiry) ?? word) : [],
    filters: {
      ...(brand !== undefined && { brand }),
      ...(chosen !== undefined && { category: chosen }),
      ...(cues.availableOnly.test(folded) && { available: true }),
    },
    order,
    wishes: [
      ...wishesOf(category === undefined ? rest : [], inquiry),
      ...(age === undefined ? [] : [{ kind: 'age' as const, value: age }]),
    ],
    meant:
      words.length > 0 ||
      order !== 'relevance' ||
      asks ||
      without.length > 0 ||
      request.overlooked.length > 0 ||
      cues.availableOnly.test(folded) ||
      request.count !== undefined ||
      inquiry.otherCurrency !== undefined,
  };
}

/** So many products are looked through for what the search itself does not know: colours, sizes, what is not wanted. */
const maxLooked = 400;

/** What was found for a query. */
export interface Found {
  /** Products that have every word, or are like it, and meet every wish. */
  readonly matches: readonly CatalogMatch[];
  /** The others that were found. */
  readonly others: readonly CatalogMatch[];
}

/** Whether a word is a number that may be a size. */
export const isBareSize = (word: string): boolean => /^\d{2,3}$/.test(word);

/** The same, and where nothing has a bare number, what comes in that size: `jeans 32`. */
export async function findFor(query: ProductQuery, inquiry: Inquiry): Promise<Found> {
  const found = await findAll(query, inquiry);
  const [size, other] = query.words.filter(isBareSize);
  if (size === undefined || other !== undefined) return found;
  const wish: Wish = { kind: 'size', value: size };
  const isGone = ({ item }: CatalogMatch): boolean => judge(item, wish) === 'same' && !canBeHad(item, [wish]);
  const there = found.matches.filter((match) => !isGone(match));
  const left = { matches: there, others: [...found.others, ...found.matches.filter(isGone)] };
  if (there.some(({ matched }) => matched === 'all')) return left;
  const words = query.words.filter((word) => word !== size);
  if (words.length === 0) return left;
  const sized = await findAll({ ...query, words, wishes: [...query.wishes, { kind: 'size', value: size }] }, inquiry);
  return sized.matches.some(({ matched }) => matched === 'all') ? sized : left;
}

/** Searches for a query. Colours are looked for where colours stand, unless nothing else is asked for. */
async function findAll(query: ProductQuery, inquiry: Inquiry): Promise<Found> {
  const { words, filters, order, wishes } = query;
  const { percent } = inquiry.request;
  const colours = words.filter(isColour);
  const things = words.filter((word) => !isColour(word));
  const text = (things.length > 0 ? things : colours).join(' ');
  const found = await inquiry.search({ text, filters, order, limit: maxLooked });
  const wanted = found.filter(({ item }) => !isLeftOut(item, inquiry));
  const matches = wanted.filter(
    ({ item, matched }) =>
      (matched === 'all' || (matched === 'similar' && found[0]?.matched === 'similar')) &&
      fits(item, { wishes, colours }) &&
      (percent === undefined || statesPercent(item, percent)) &&
      (things.length === 0 || matched === 'similar' || things.some((word) => isListedAs(item, word))),
  );
  return { matches, others: wanted.filter((match) => !matches.includes(match)) };
}

function fits(
  item: Item,
  { wishes, colours }: Pick<ProductQuery, 'wishes'> & { readonly colours: readonly string[] },
): boolean {
  const others = wishes.filter(
    ({ kind, value }) => kind === 'size' || kind === 'age' || (kind === 'other' && !states(item, value)),
  );
  if (colours.length === 0) return canBeHad(item, others);
  // `black and white` may be one of each, or both.
  return colours.some(
    (value) =>
      hasColour(item, value) && (others.length === 0 || canBeHad(item, [...others, { kind: 'colour', value }])),
  );
}

/** Whether a product has what is not wanted. */
export const isLeftOut = (item: Item, { request: { without } }: Inquiry): boolean =>
  without.some((group) => group.every((word) => isUnwanted(item, word)));

/** The shop's category of presents, if presents are looked for. */
export function giftCategory({ request: { cues, folded }, catalog }: Inquiry): string | undefined {
  if (!cues.gift.test(folded)) return undefined;
  return catalog.categories.find(({ name }) =>
    /\b(?:gifts?|presents?|geschenk\w*|cadeau\w*|regal[io]s?)\b/.test(fold(name)),
  )?.name;
}
