import type { PackedPostings } from './packed/postings.ts';
import type { QueryWord } from './query-plan.ts';
import { searchedFields } from './searched-fields.ts';

export interface Run {
  /** The rarest first. */
  readonly words: readonly QueryWord[];
  /** Whether a product must have every word; otherwise any will do. */
  readonly needsEvery: boolean;
  /** Whether a product may be found at all. */
  readonly passes: (product: number) => boolean;
  /** How many are scored at most. */
  readonly bound: number;
}

/** What a query finds, in no order. It holds until the next query is run. */
export interface Found {
  readonly products: readonly number[];
  /** How many were scored, and whether the bound has kept others out. */
  readonly scored: number;
  readonly isCut: boolean;
  scoreOf(product: number): number;
  /** Whether it has a word as it was written, or one that begins so. */
  isLiteral(product: number): boolean;
}

/** BM25 with these constants: how soon more of a word counts no more, and how much a long field takes from it. */
const saturation = 1.2;
const lengthShare = 0.7;

/** A list that is longer than so many candidates is looked up in, and not gone through. */
const stepsOfLookUp = 16;

/** One list of a stem. */
interface List {
  readonly from: number;
  readonly to: number;
  readonly field: number;
  /** How many words of the query its products must have had before, and which of all stems it is of, from 1. */
  readonly word: number;
  readonly stem: number;
  readonly literal: boolean;
  /** What one more occurrence would be worth, if others counted nothing. */
  readonly worth: number;
}

/**
 * Runs queries over products. The words come the rarest first: the products that have the first one are the candidates, and a further
 * word adds to their scores, and to them only where any word will do and there is room for more.
 */
export function createRunner(postings: PackedPostings, onSale: number): (run: Run) => Found {
  const { documents } = postings;
  const tally = createTally(postings, onSale);
  return ({ words, needsEvery, passes, bound }) => {
    tally.clear();
    let isCut = false;
    const lookUp = (list: List): void => {
      for (const product of tally.candidates) {
        const at = findDocument(documents, product, list);
        if (at !== -1) tally.count(product, at, list);
      }
    };
    const goThrough = (list: List): void => {
      for (let at = list.from; at < list.to; at += 1) {
        const product = documents[at] ?? 0;
        if (!tally.has(product)) {
          if (list.word > 0 || !passes(product)) continue;
          if (tally.candidates.length >= bound) {
            isCut = true;
            continue;
          }
          tally.candidates.push(product);
        }
        tally.count(product, at, list);
      }
    };
    for (const list of listsOf(words, { postings, needsEvery, onSale })) {
      const isClosed = list.word > 0 || tally.candidates.length >= bound;
      const isLong = list.to - list.from > tally.candidates.length * stepsOfLookUp;
      isCut ||= isClosed && list.word === 0;
      if (isClosed && isLong) lookUp(list);
      else goThrough(list);
    }
    return { ...tally.found(needsEvery ? words.length : 1), isCut };
  };
}

interface ListSource {
  readonly postings: PackedPostings;
  readonly needsEvery: boolean;
  readonly onSale: number;
}

/** The lists of all stems of a query, the rarest word's first, and of each stem the most telling field's. */
function* listsOf(words: readonly QueryWord[], { postings, needsEvery, onSale }: ListSource): Generator<List> {
  const { firstLists, fieldOfList, starts } = postings;
  let stem = 0;
  for (const [place, { stems, literal }] of words.entries()) {
    for (const term of stems) {
      stem += 1;
      for (let list = firstLists[term] ?? 0; list < (firstLists[term + 1] ?? 0); list += 1) {
        const [from, to, field] = [starts[list] ?? 0, starts[list + 1] ?? 0, fieldOfList[list] ?? 0];
        const rarity = Math.log(1 + (onSale - (to - from) + 0.5) / (to - from + 0.5));
        const worth = rarity * (searchedFields[field]?.boost ?? 1) * (saturation + 1);
        yield { from, to, field, word: needsEvery ? place : 0, stem, literal, worth };
      }
    }
  }
}

/** The place of a document in a list; -1 where it is not there. */
function findDocument(documents: Uint32Array, document: number, { from, to }: List): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((documents[middle] ?? 0) < document) low = middle + 1;
    else high = middle;
  }
  return low < to && documents[low] === document ? low : -1;
}

/** What is known of a candidate, in one number: how many of the words it has had, the last stem, how many stems, and whether one was literal. */
const wordShift = 0;
const lastStemShift = 8;
const stemsShift = 16;
const byte = 0xff;
const literalBit = 1 << 24;

/** What is known of the candidates of a query. */
function createTally({ fields, counts, lengths, totals }: PackedPostings, onSale: number) {
  const size = lengths.length / fields;
  const scores = new Float64Array(size);
  const states = new Uint32Array(size);
  const norms = totals.map((total) => normsOf(total / Math.max(1, onSale)));
  const candidates: number[] = [];
  return {
    candidates,
    has: (product: number): boolean => states[product] !== 0,
    /** Adds what a list says of a candidate; one that lacks an earlier word is none any more. */
    count(product: number, at: number, { field, word, stem, literal, worth }: List): void {
      const before = states[product] ?? 0;
      if (((before >>> wordShift) & byte) < word) return;
      const isNewStem = ((before >>> lastStemShift) & byte) !== stem;
      const stems = ((before >>> stemsShift) & byte) + (isNewStem ? 1 : 0);
      states[product] =
        ((word + 1) << wordShift) |
        (stem << lastStemShift) |
        (stems << stemsShift) |
        (literal ? literalBit : before & literalBit);
      const often = counts[at] ?? 0;
      const norm = norms[field]?.[lengths[product * fields + field] ?? 0] ?? 1;
      scores[product] = (scores[product] ?? 0) + (worth * often) / (often + norm);
    },
    /** The candidates that have had so many words. */
    found: (had: number): Omit<Found, 'isCut'> => ({
      products: candidates.filter((product) => (((states[product] ?? 0) >>> wordShift) & byte) === had),
      scored: candidates.length,
      scoreOf: (product) => (scores[product] ?? 0) * (((states[product] ?? 0) >>> stemsShift) & byte),
      isLiteral: (product) => ((states[product] ?? 0) & literalBit) !== 0,
    }),
    clear(): void {
      for (const product of candidates) {
        scores[product] = 0;
        states[product] = 0;
      }
      candidates.length = 0;
    },
  };
}

/** What a field of each length takes from a word. */
const normsOf = (average: number): Float64Array =>
  Float64Array.from({ length: 256 }, (_, length) => saturation * (1 - lengthShare + (lengthShare * length) / average));
