import type { CatalogMatch, CatalogQuery } from './catalog.ts';
import type { CatalogItem } from './catalog-item.ts';
import { buildEngine, type Engine, kindOf } from './engine.ts';
import { createFilter, type Entry, entriesOf, entryOf } from './entries.ts';
import { planQuery, type QueryPlan } from './query-plan.ts';
import { type Run, runQuery } from './run-query.ts';
import { createVocabulary, type Vocabulary } from './spelling.ts';
import { contentWords, fold, stemOf, wordsOf } from './words.ts';

/** Products that can be searched. */
export interface ProductIndex {
  search(query: CatalogQuery): readonly CatalogMatch[];
  knows(word: string): boolean;
  /** Has products be as they are now: what their words are does not change. */
  replace(items: ReadonlyMap<string, CatalogItem>): void;
}

/** Indexes the products that are on sale. */
export async function indexProducts(items: readonly CatalogItem[]): Promise<ProductIndex> {
  const entries = await entriesOf(items);
  const { engine, frequencies } = await buildEngine(entries);
  const vocabulary = await createVocabulary(frequencies);
  return {
    search: (query) => search(query, { entries, engine, vocabulary }),
    knows: (word) => vocabulary.frequency(stemOf(fold(word))) > 0,
    replace(changed) {
      for (const [place, entry] of entries.entries()) {
        const item = changed.get(entry.item.id);
        if (item !== undefined) entries[place] = entryOf(item, place);
      }
    },
  };
}

interface Index {
  readonly entries: readonly Entry[];
  readonly engine: Engine;
  readonly vocabulary: Vocabulary;
}

interface Ranked {
  readonly entry: Entry;
  readonly score: number;
  readonly matched: CatalogMatch['matched'];
}

function search(query: CatalogQuery, index: Index): readonly CatalogMatch[] {
  const plan = planQuery(query.text, index.vocabulary);
  const run: Run = {
    ...index,
    passes: createFilter(query.filters),
    favourites: new Set(query.favourites),
    isBounded: (query.order ?? 'relevance') === 'relevance',
  };
  return arrange(plan.hasWords ? rank(plan, run, query) : browse(run), query)
    .slice(0, Math.max(0, query.limit))
    .map(({ entry, score, matched }) => ({ item: entry.item, score, matched }));
}

/** Products with every word, then those with some, until there are as many as are wanted. A price order is among the former alone. */
function rank(
  { every, any, literalStems }: QueryPlan,
  run: Run,
  { limit, order = 'relevance' }: CatalogQuery,
): readonly Ranked[] {
  const matched = every?.literal === true ? 'all' : 'similar';
  const found =
    every === undefined ? [] : runQuery(every, run).map(({ entry, score }) => ({ entry, score, matched }) as const);
  if (any === undefined || found.length >= limit || (found.length > 0 && order !== 'relevance')) return found;
  const known = new Set(found.map(({ entry }) => entry));
  const some = runQuery(any, run).filter(({ entry }) => !known.has(entry));
  return [
    ...found,
    ...some.map(
      ({ entry, score, stems }) =>
        ({ entry, score, matched: stems.some((stem) => literalStems.has(stem)) ? 'some' : 'similar' }) as const,
    ),
  ];
}

/** Everything that passes: what was looked at first, what cannot be had last, otherwise as the file has it. */
function browse({ entries, passes, favourites }: Run): readonly Ranked[] {
  const scoreOf = ({ item, available }: Entry) => (favourites.has(item.id) ? 2 : 0) + (available ? 1 : 0);
  return entries
    .filter(passes)
    .map((entry) => ({ entry, score: scoreOf(entry), matched: 'all' as const }))
    .toSorted((a, b) => b.score - a.score);
}

/** A match that is worth less than this part of the best one is not put before it for its price. */
const goodMatch = 0.4;

function arrange(ranked: readonly Ranked[], { text, order = 'relevance' }: CatalogQuery): readonly Ranked[] {
  const [best] = ranked;
  if (order === 'relevance' || best === undefined) return ranked;
  const words = new Set(contentWords(text).map(stemOf));
  const priced = ranked.filter(({ entry }) => !Number.isNaN(entry.price));
  // The cheapest desk is a desk, not a desk lamp; and no desk is passed over for saying so less often.
  const ofKind = words.size === 0 ? [] : priced.filter(({ entry }) => kindsOf(entry).some((kind) => words.has(kind)));
  const good = priced.filter(({ score }) => words.size === 0 || score >= best.score * goodMatch);
  const direction = order === 'cheapest' ? 1 : -1;
  return (ofKind.length > 0 ? ofKind : good).toSorted((a, b) => direction * (a.entry.price - b.entry.price));
}

const kindsOf = ({ item, categories }: Entry): readonly string[] =>
  [kindOf(item.title), ...categories.slice(1).flatMap(wordsOf)].map(stemOf);
