import { LRUCache } from 'lru-cache';
import { nearWords } from './near-words.ts';
import { frequencyOf, type PackedPostings } from './packed/postings.ts';
import { findTerm, firstFrom, type PackedTerms } from './packed/terms.ts';

/** How many edits a word may be away from another and still be taken for it: short words say too much with each letter. */
export function toleranceOf(word: string): number {
  if (word.length < 4 || /\d/.test(word)) return 0;
  return word.length < 8 ? 1 : 2;
}

/** Letters to insert, delete, replace, or swap with their neighbour, to make one word of the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : Infinity,
      );
    }
    before = previous;
    previous = current;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity;

/** Whether a word is another one, give or take a typing error. */
export function isLike(a: string, b: string): boolean {
  if (a === b) return true;
  // The cheap tests first: this is asked of many words.
  if (Math.abs(a.length - b.length) > 2 || !beginsAlike(a, b)) return false;
  const tolerance = Math.min(toleranceOf(a), toleranceOf(b));
  return Math.abs(a.length - b.length) <= tolerance && tolerance > 0 && editDistance(a, b) <= tolerance;
}

/** Almost nobody mistypes a first letter, other than by swapping it: a maker is no baker. */
export const beginsAlike = (a: string, b: string): boolean => a[0] === b[0] || (a[0] === b[1] && a[1] === b[0]);

/** The stems that a catalogue uses, by their places. */
export interface Vocabulary {
  /** -1 if no product has it. */
  find(stem: string): number;
  /** How often a stem occurs. */
  frequency(term: number): number;
  /** Stems that begin so, the most frequent first; none for fewer than three letters. */
  completions(stem: string): readonly number[];
  /** The stems that this one is a typing error of: only the likeliest, the most frequent first. */
  corrections(stem: string): readonly number[];
}

export const maxCompletions = 8;
export const maxCorrections = 4;
/** A longer word is no mistyped one. */
export const maxCorrectable = 32;
/** The same mistakes are made again and again, and looking for what was meant costs. */
const maxRemembered = 5_000;
/** Beyond it a beginning says nothing; also bounds the walk. */
export const maxWalked = 2_000;

/** Makes a vocabulary of the stems of products. */
export function createVocabulary(stems: PackedPostings): Vocabulary {
  const { terms } = stems;
  const frequency = (term: number) => frequencyOf(stems, term);
  const byFrequency = (a: number, b: number) => frequency(b) - frequency(a) || a - b;
  const corrected = new LRUCache<string, readonly number[]>({ max: maxRemembered });
  const nearest = (stem: string): readonly number[] => {
    const likely = likelyErrors(terms, stem, toleranceOf(stem));
    const least = Math.min(...likely.map(({ distance }) => distance));
    return likely
      .filter(({ distance }) => distance === least)
      .map(({ term }) => term)
      .toSorted(byFrequency)
      .slice(0, maxCorrections);
  };
  return {
    find: (stem) => findTerm(terms, stem),
    frequency,
    completions(stem) {
      if (stem.length < 3) return [];
      const from = firstFrom(terms, stem);
      const to = Math.min(firstFrom(terms, `${stem}\uffff`, from), from + maxWalked);
      return Array.from({ length: to - from }, (_, place) => from + place)
        .toSorted(byFrequency)
        .slice(0, maxCompletions);
    },
    corrections(stem) {
      if (toleranceOf(stem) === 0 || stem.length > maxCorrectable) return [];
      const found = corrected.get(stem) ?? nearest(stem);
      corrected.set(stem, found);
      return found;
    },
  };
}

interface Likely {
  readonly term: number;
  readonly distance: number;
}

/** The words without digits that begin as a stem does and are at most so many edits away. */
function likelyErrors(terms: PackedTerms, stem: string, tolerance: number): readonly Likely[] {
  const beginnings = new Set([stem[0] ?? '', (stem[1] ?? '') + (stem[0] ?? '')]);
  return [...beginnings].flatMap((beginning) => nearWords(terms, { stem, tolerance, beginning }));
}
