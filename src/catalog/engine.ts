import MiniSearch from 'minisearch';
import type { CatalogItem as Item } from './catalog-item.ts';
import { stopWords } from './stop-words.ts';
import { inTurns } from './turns.ts';
import { stemOf, wordsOf } from './words.ts';

/** The parts of a product that are searched, the most telling first, and what a word in each is worth. */
const boosts: Readonly<Record<string, number>> = {
  codes: 8,
  kind: 3,
  title: 8,
  brand: 1,
  category: 2,
  attributes: 0.5,
  description: 1,
};

/** What follows says little more of the product, but costs memory and time to load. */
const describedBy = 200;

const fieldOf: Readonly<Record<string, (item: Item) => string>> = {
  codes: (item) => item.id,
  title: (item) => item.title,
  kind: (item) => kindOf(item.title),
  brand: (item) => item.brand ?? '',
  category: (item) => item.category ?? '',
  attributes: (item) => (item.attributes ?? []).map(({ value }) => value).join(' '),
  description: (item) => item.description?.slice(0, describedBy) ?? '',
};

const units = 'mm|cm|m|km|inch|in|g|kg|mg|l|ml|cl|w|v|a|mah|gb|tb|mb|hz|mp|oz|lb|ft|watt|volt|zoll|liter|litre';
const unit = new RegExp(`^(?:${units})$`);
const measure = new RegExp(`^\\d+(?:${units})$`);

/** No name of a kind stands after that. */
const maxHead = 200;

/**
 * What a thing is, which English and German titles name last before any details: `Solid oak desk with two drawers` is a desk, and
 * `Cordless Drill 18V` a drill.
 */
export function kindOf(title: string): string {
  const head = title
    .slice(0, maxHead)
    .split(/[,(|–:;]|\s(?:-|with|for|in|of|mit|für|aus)\s/i)
    .find((part) => part.trim() !== '');
  const words = wordsOf(head ?? '');
  const end = words.findIndex(
    (word, place) => place > 0 && (measure.test(word) || (/^\d+$/.test(word) && unit.test(words[place + 1] ?? ''))),
  );
  const named = end === -1 ? words : words.slice(0, end);
  return named.findLast((word) => !/\d/.test(word)) ?? named.at(-1) ?? '';
}

/** Documents are places in the list of products. */
export interface Document {
  readonly id: number;
  readonly item: Item;
}

export type Engine = MiniSearch<Document>;

/** The search index of products, and in how many fields of products each stem stands. Building yields to the event loop. */
export async function buildEngine(
  documents: readonly Document[],
): Promise<{ readonly engine: Engine; readonly frequencies: ReadonlyMap<string, number> }> {
  const words = new Map<string, StemCount | null>();
  const stems = new Map<string, StemCount>();
  // One look-up for a word that was met before, and most were: null stands for one that tells nothing.
  const countOf = (word: string): StemCount | null => {
    const known = words.get(word);
    if (known !== undefined) return known;
    const count = stopWords.has(word) ? null : getOrAdd(stems, stemOf(word));
    words.set(word, count);
    return count;
  };
  const engine: Engine = new MiniSearch<Document>({
    fields: Object.keys(boosts),
    extractField: (document, name) => (name === 'id' ? document.id : (fieldOf[name]?.(document.item) ?? '')),
    tokenize(text) {
      const found = wordsOf(text).flatMap((word) => countOf(word) ?? []);
      for (const count of new Set(found)) count.fields += 1;
      return found.map(({ stem }) => stem);
    },
    processTerm: (stem) => stem,
    // Queries are made of stems already.
    searchOptions: { boost: { ...boosts }, bm25: { k: 1.2, b: 0.7, d: 0 }, tokenize: (stem) => [stem] },
  });
  await inTurns(documents, (document) => engine.add(document));
  return { engine, frequencies: new Map(Array.from(stems.values(), ({ stem, fields }) => [stem, fields])) };
}

interface StemCount {
  readonly stem: string;
  fields: number;
}

function getOrAdd(stems: Map<string, StemCount>, stem: string): StemCount {
  const count = stems.get(stem) ?? { stem, fields: 0 };
  stems.set(stem, count);
  return count;
}
