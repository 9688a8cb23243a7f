import MiniSearch from 'minisearch';
import type { CatalogItem as Item } from './catalog-item.ts';
import { stopWords } from './stop-words.ts';
import { inTurns } from './turns.ts';
import { stemOf, wordsOf } from './words.ts';

/** The parts of a product that are searched, the most telling first, and what a word in each is worth. */
const boosts: Readonly<Record<string, number>> = {
  codes: 8,
  kind: 3,
  title: 5,
  brand: 3,
  category: 2,
  attributes: 1.5,
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

/** What a thing is, which English and German titles name last before any details: `Solid oak desk with two drawers` is a desk. */
export function kindOf(title: string): string {
  const head = title.split(/[,(|–:;]|\s(?:-|with|for|in|of|mit|für|aus)\s/i).find((part) => part.trim() !== '');
  return wordsOf(head ?? '').at(-1) ?? '';
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
    // Each stem once: a product is not more of a desk for saying so five times, and the index is smaller.
    tokenize(text) {
      const found = new Set<StemCount>();
      for (const word of wordsOf(text)) {
        const count = countOf(word);
        if (count !== null) found.add(count);
      }
      return Array.from(found, (count) => {
        count.fields += 1;
        return count.stem;
      });
    },
    processTerm: (stem) => stem,
    // Queries are made of stems already.
    searchOptions: { boost: { ...boosts }, tokenize: (stem) => [stem] },
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
