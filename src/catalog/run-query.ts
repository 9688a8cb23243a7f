import type { Engine } from './engine.ts';
import type { Entry } from './entries.ts';
import type { WordQuery } from './query-plan.ts';

/** A product that was found, best first, and the stems by which. */
export interface Hit {
  readonly entry: Entry;
  readonly score: number;
  readonly stems: readonly string[];
}

export interface Run {
  readonly engine: Engine;
  readonly entries: readonly Entry[];
  readonly passes: (entry: Entry) => boolean;
  readonly favourites: ReadonlySet<string>;
  /** Whether the best will do; otherwise all are found. */
  readonly isBounded: boolean;
}

/**
 * Words that thousands of products have are common to them: the best are among the first that have them in the most telling field,
 * and the rest would cost milliseconds each time.
 */
const maxCandidates = 1_500;

/** Runs a query over the products that pass. */
export function runQuery(query: WordQuery, run: Run): readonly Hit[] {
  const { hits, cut } = runBounded(query, run, run.isBounded ? maxCandidates : Infinity);
  // Two common words may meet only outside the bound.
  return hits.length === 0 && cut ? runBounded(query, run, Infinity).hits : hits;
}

function runBounded({ words, required }: WordQuery, run: Run, bound: number) {
  const { engine, entries, favourites } = run;
  const candidates = new Set<number>();
  const admit = (entry: Entry, stem: string): boolean => {
    if (candidates.has(entry.id)) return true;
    if (candidates.size >= bound || (required !== undefined && !required.has(stem)) || !run.passes(entry)) return false;
    candidates.add(entry.id);
    return true;
  };
  const results = engine.search(words, {
    // The library passes over a document whose boost is 0, before it costs anything.
    boostDocument(id: number, stem) {
      const entry = entries[id];
      if (entry === undefined || !admit(entry, stem)) return 0;
      return (entry.available ? 1 : 0.8) * (favourites.has(entry.item.id) ? 1.5 : 1);
    },
  });
  const hits = results.flatMap(({ id, score, queryTerms }): Hit[] => {
    const entry = entries[Number(id)];
    return entry === undefined ? [] : [{ entry, score, stems: queryTerms }];
  });
  return { hits, cut: candidates.size >= bound };
}
