import { LRUCache } from 'lru-cache';
import SearchableMap from 'minisearch/SearchableMap';
import { inTurns } from './turns.ts';

/** How many edits a word may be away from another and still be taken for it: short words say too much with each letter. */
function toleranceOf(word: string): number {
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
const beginsAlike = (a: string, b: string): boolean => a[0] === b[0] || (a[0] === b[1] && a[1] === b[0]);

/** The stems that a catalogue uses. */
export interface Vocabulary {
  /** How often a stem occurs; 0 if it does not. */
  frequency(stem: string): number;
  /** Stems that begin so, the most frequent first; none for fewer than three letters. */
  completions(stem: string): readonly string[];
  /** The stems that this one is a typing error of: only the likeliest, the most frequent first. */
  corrections(stem: string): readonly string[];
}

const maxCompletions = 8;
const maxCorrections = 4;
/** A longer word is no mistyped one. */
const maxCorrectable = 32;
/** The same mistakes are made again and again, and looking for what was meant costs. */
const maxRemembered = 5_000;
/** Beyond it a beginning says nothing; also bounds the walk. */
const maxWalked = 2_000;

/** Makes a vocabulary of stems and how often each occurs. */
export async function createVocabulary(frequencies: ReadonlyMap<string, number>): Promise<Vocabulary> {
  const tree = new SearchableMap<number>();
  await inTurns(frequencies, ([stem, count]) => tree.set(stem, count));
  const frequency = (stem: string) => frequencies.get(stem) ?? 0;
  const corrected = new LRUCache<string, readonly string[]>({ max: maxRemembered });
  const byFrequency = (a: string, b: string) => frequency(b) - frequency(a) || (a < b ? -1 : 1);
  const nearest = (stem: string): readonly string[] => {
    // The tree counts two swapped letters as two edits: it looks wider, and what is too far is left out.
    const likely = [...tree.fuzzyGet(stem, 2).keys()].filter((term) => beginsAlike(term, stem));
    const distances = new Map(likely.map((term) => [term, editDistance(stem, term)]));
    const least = Math.min(toleranceOf(stem), ...distances.values());
    return likely
      .filter((term) => distances.get(term) === least)
      .toSorted(byFrequency)
      .slice(0, maxCorrections);
  };
  return {
    frequency,
    completions(stem) {
      if (stem.length < 3) return [];
      const found: string[] = [];
      for (const term of tree.atPrefix(stem).keys()) {
        found.push(term);
        if (found.length === maxWalked) break;
      }
      return found.toSorted(byFrequency).slice(0, maxCompletions);
    },
    corrections(stem) {
      if (toleranceOf(stem) === 0 || stem.length > maxCorrectable) return [];
      const found = corrected.get(stem) ?? nearest(stem);
      corrected.set(stem, found);
      return found;
    },
  };
}
