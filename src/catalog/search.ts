import type { CatalogMatch, CatalogQuery } from './catalog.ts';
import { createFilters, type Filter } from './filters.ts';
import { markDocuments } from './packed/postings.ts';
import { findTerm } from './packed/terms.ts';
import { isAvailableFlag, type PackedProducts } from './packed-products.ts';
import { planQuery, type QueryPlan, type QueryWord } from './query-plan.ts';
import { createRunner, type Found, type Run } from './run-query.ts';
import { kindFields } from './searched-fields.ts';
import { createVocabulary } from './spelling.ts';
import { type Order, topOf } from './top.ts';
import { contentWords, fold, stemOf } from './words.ts';

/** A product that was found, by its number. */
export interface Hit extends Omit<CatalogMatch, 'item'> {
  readonly product: number;
}

/** Products that can be searched. */
export interface ProductIndex {
  search(query: IndexQuery): readonly Hit[];
  knows(word: string): boolean;
}

export interface IndexQuery extends Omit<CatalogQuery, 'favourites'> {
  /** Products by their numbers. */
  readonly favourites: ReadonlySet<number>;
}

/**
 * Words that very many products have are common to them: the best are among the first that have them in the most telling field, and the
 * rest would cost milliseconds each time.
 */
export const maxScored = 5_000;

/** Makes an index of packed products; the prices and flags of those that are `changed` may be others than they were packed with. */
export function createProductIndex(products: PackedProducts, changed: ReadonlySet<number> = new Set()): ProductIndex {
  const { stems, onSale } = products;
  const vocabulary = createVocabulary(stems);
  const parts = { products, changed, run: createRunner(stems, onSale), filterOf: createFilters(products) };
  return {
    search: (query) => search(query, planQuery(query.text, vocabulary), parts),
    knows: (word) => findTerm(stems.terms, stemOf(fold(word))) !== -1,
  };
}

interface Parts {
  readonly products: PackedProducts;
  readonly changed: ReadonlySet<number>;
  readonly run: (run: Run) => Found;
  readonly filterOf: ReturnType<typeof createFilters>;
}

function search(query: IndexQuery, plan: QueryPlan, parts: Parts): readonly Hit[] {
  const passes = parts.filterOf(query.filters);
  if (!plan.hasWords) return browse(query, passes, parts);
  return isPriced(query) ? arrange(query, plan, { ...parts, passes }) : rank(query, plan, { ...parts, passes });
}

interface Asked extends Parts {
  readonly passes: Filter;
}

const isPriced = ({ order = 'relevance' }: IndexQuery): boolean => order !== 'relevance';

/** Products with every word, then those with some, until there are as many as are wanted. */
function rank(query: IndexQuery, { every, any }: QueryPlan, asked: Asked): readonly Hit[] {
  const best = (words: readonly QueryWord[], needsEvery: boolean, without: ReadonlySet<number>): readonly Hit[] => {
    const found = foundBy({ words, needsEvery, bound: maxScored }, asked);
    const scoreOf = (product: number) => found.scoreOf(product) * weightOf(product, query, asked);
    const products = without.size === 0 ? found.products : found.products.filter((product) => !without.has(product));
    return topOf(products, query.limit - without.size, higher(scoreOf)).map((product) => ({
      product,
      score: scoreOf(product),
      matched: matchOf(product, { words, needsEvery, found }),
    }));
  };
  const all = every === undefined ? [] : best(every, true, new Set());
  if (any === undefined || all.length >= query.limit) return all;
  return [...all, ...best(any, false, new Set(all.map(({ product }) => product)))];
}

/** What a query finds; where two common words meet only outside the bound, without one. */
function foundBy(run: Omit<Run, 'passes'>, { run: find, passes }: Asked): Found {
  const found = find({ ...run, passes });
  return found.products.length === 0 && found.isCut ? find({ ...run, passes, bound: Infinity }) : found;
}

/** What a product's words are worth in it: what cannot be had comes later, and what was looked at sooner. */
const weightOf = (product: number, { favourites }: IndexQuery, { products: { flags } }: Parts): number =>
  (((flags[product] ?? 0) & isAvailableFlag) === 0 ? 0.8 : 1) *
  (favourites.size > 0 && favourites.has(product) ? 1.5 : 1);

/** The highest first, and otherwise as the file has them. */
function higher(rankOf: (product: number) => number): Order {
  return (a, b) => {
    const [ofA, ofB] = [rankOf(a), rankOf(b)];
    return ofA > ofB || (ofA === ofB && a < b);
  };
}

interface Matched {
  readonly words: readonly QueryWord[];
  readonly needsEvery: boolean;
  readonly found: Found;
}

function matchOf(product: number, { words, needsEvery, found }: Matched): Hit['matched'] {
  if (needsEvery) return words.every(({ literal }) => literal) ? 'all' : 'similar';
  return found.isLiteral(product) ? 'some' : 'similar';
}

/** A match that is worth less than this part of the best one is not put before it for its price. */
const goodMatch = 0.4;

/** By their prices the products with every word, or, where there is none, those with some. */
function arrange(query: IndexQuery, { every, any }: QueryPlan, asked: Asked): readonly Hit[] {
  const { prices } = asked.products;
  for (const words of [every, any]) {
    if (words === undefined) continue;
    const needsEvery = words === every;
    const found = foundBy({ words, needsEvery, bound: Infinity }, asked);
    if (found.products.length === 0) continue;
    const scoreOf = (product: number) => found.scoreOf(product) * weightOf(product, query, asked);
    const least = goodMatch * found.products.reduce((most, product) => Math.max(most, scoreOf(product)), 0);
    const priced = found.products.filter((product) => !Number.isNaN(prices[product]));
    // The cheapest desk is a desk, not a desk lamp; and no desk is passed over for saying so less often.
    const isOfKind = ofKinds(query.text, asked.products);
    const ofKind = priced.filter(isOfKind);
    const good = ofKind.length > 0 ? ofKind : priced.filter((product) => scoreOf(product) >= least);
    return topOf(good, query.limit, byPrice(query, prices, higher(scoreOf))).map((product) => ({
      product,
      score: scoreOf(product),
      matched: matchOf(product, { words, needsEvery, found }),
    }));
  }
  return [];
}

/** Whether one of the words is what a product is, by its title or its category. */
function ofKinds(text: string, { stems, size }: PackedProducts): (product: number) => boolean {
  const marks = new Uint8Array(size);
  for (const stem of new Set(contentWords(text).map(stemOf))) {
    markDocuments(marks, stems, { term: findTerm(stems.terms, stem), isIn: (field) => kindFields.has(field) });
  }
  return (product) => marks[product] === 1;
}

function byPrice({ order }: IndexQuery, prices: Float64Array, otherwise: Order): Order {
  const direction = order === 'cheapest' ? -1 : 1;
  return (a, b) => {
    const difference = direction * ((prices[a] ?? 0) - (prices[b] ?? 0));
    return difference === 0 ? otherwise(a, b) : difference > 0;
  };
}

/** Everything that passes: what was looked at first, what cannot be had last, otherwise as the file has it; or by price what has one. */
function browse(query: IndexQuery, passes: Filter, parts: Parts): readonly Hit[] {
  const { flags, prices } = parts.products;
  const scoreOf = (product: number): number =>
    (query.favourites.has(product) ? 2 : 0) + (((flags[product] ?? 0) & isAvailableFlag) === 0 ? 0 : 1);
  const shown = isPriced(query) ? pricedFirst(query, passes, parts) : thereFirst(query, passes, parts);
  const order = isPriced(query) ? byPrice(query, prices, higher(scoreOf)) : higher(scoreOf);
  return topOf(shown, query.limit, order).map((product) => ({ product, score: scoreOf(product), matched: 'all' }));
}

/** As many as can be had as are wanted, those before them, and what was looked at: what comes later in the file comes later here too. */
function thereFirst(query: IndexQuery, passes: Filter, { products: { size, flags } }: Parts): readonly number[] {
  const shown = [...query.favourites].filter(passes);
  for (let [product, there] = [0, 0]; product < size && there < query.limit; product += 1) {
    if (!passes(product) || query.favourites.has(product)) continue;
    shown.push(product);
    there += ((flags[product] ?? 0) & isAvailableFlag) === 0 ? 0 : 1;
  }
  return shown;
}

/** As many as are wanted in the order of prices, with all that cost as much as the last, and those whose prices have changed. */
function pricedFirst(query: IndexQuery, passes: Filter, { products, changed }: Parts): readonly number[] {
  const { byPrice: order, prices } = products;
  const shown = [...changed].filter((product) => passes(product) && !Number.isNaN(prices[product]));
  const [from, step] = query.order === 'cheapest' ? [0, 1] : [order.length - 1, -1];
  let last: number | undefined;
  for (let [place, wanted] = [from, query.limit]; place >= 0 && place < order.length; place += step) {
    const product = order[place] ?? 0;
    if (wanted <= 0 && prices[product] !== last) break;
    if (changed.has(product) || !passes(product)) continue;
    shown.push(product);
    wanted -= 1;
    last = prices[product];
  }
  return shown;
}
