import { sharedNumbers } from './numbers.ts';

/** Words in the order of their UTF-16 units, in memory that threads share. Each is known by its place. */
export interface PackedTerms {
  readonly units: Uint16Array;
  /** Where each begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Packs words that are in order. */
export function packTerms(words: readonly string[]): PackedTerms {
  const total = words.reduce((sum, { length }) => sum + length, 0);
  const units = new Uint16Array(new SharedArrayBuffer(total * 2));
  const starts = sharedNumbers(words.length + 1);
  let at = 0;
  for (const [place, word] of words.entries()) {
    for (let unit = 0; unit < word.length; unit += 1) units[at + unit] = word.charCodeAt(unit);
    at += word.length;
    starts[place + 1] = at;
  }
  return { units, starts };
}

export const countTerms = ({ starts }: PackedTerms): number => starts.length - 1;

/** A word by its place. */
export function termAt({ units, starts }: PackedTerms, place: number): string {
  return String.fromCharCode(...units.subarray(starts[place], starts[place + 1]));
}

/** The place of a word; -1 if it is not there. */
export function findTerm(terms: PackedTerms, word: string): number {
  const place = firstFrom(terms, word);
  return place < countTerms(terms) && termAt(terms, place) === word ? place : -1;
}

/** The place of the first word that is this one or stands after it. `from` is a place that stands before it. */
export function firstFrom(terms: PackedTerms, word: string, from = 0): number {
  let low = from;
  let high = countTerms(terms);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(terms, middle, word)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore({ units, starts }: PackedTerms, place: number, word: string): boolean {
  const from = starts[place] ?? 0;
  const length = (starts[place + 1] ?? 0) - from;
  const common = Math.min(length, word.length);
  for (let at = 0; at < common; at += 1) {
    const difference = (units[from + at] ?? 0) - word.charCodeAt(at);
    if (difference !== 0) return difference < 0;
  }
  return length < word.length;
}
