import { countTerms, firstFrom, type PackedTerms } from './packed/terms.ts';

export interface NearWord {
  readonly term: number;
  /** As `editDistance` counts. */
  readonly distance: number;
}

export interface Nearness {
  readonly stem: string;
  /** At most so many edits away. */
  readonly tolerance: number;
  /** Words that begin otherwise are passed over. */
  readonly beginning: string;
}

const zero = 48;
const nine = 57;

/**
 * Words near to another one, without those that have digits: a number is no typing error. It walks through the words in their order as
 * through a tree: what words have in common at their beginning is compared once, and where a beginning is too far away already, all words
 * that share it are passed over.
 */
export function nearWords(terms: PackedTerms, { stem, tolerance, beginning }: Nearness): readonly NearWord[] {
  const found: NearWord[] = [];
  const table = createTable(stem, tolerance);
  const end = firstFrom(terms, `${beginning}\uffff`);
  for (let place = firstFrom(terms, beginning); place < end; ) {
    const from = terms.starts[place] ?? 0;
    const length = (terms.starts[place + 1] ?? 0) - from;
    const stop = table.follow(terms.units, from, length);
    if (stop === undefined) {
      const distance = table.distance(length);
      if (distance <= tolerance) found.push({ term: place, distance });
      place += 1;
    } else place = Math.min(countTerms(terms), firstFrom(terms, stop, place + 1));
  }
  return found;
}

/** The table of edits of one word and of others, row by row; rows of a beginning that two words share stand. */
function createTable(stem: string, tolerance: number) {
  const width = stem.length + 1;
  const depth = stem.length + tolerance + 2;
  const cells = new Uint8Array(width * depth);
  for (let column = 0; column < width; column += 1) cells[column] = column;
  const wanted = Uint16Array.from(stem, (letter) => letter.charCodeAt(0));
  const word = new Uint16Array(depth);
  let known = 0;
  /** Fills the row of the last letter; gives its least cell. */
  const fill = (row: number): number => {
    const at = row * width;
    const letter = word[row - 1];
    let least = row;
    cells[at] = row;
    for (let column = 1; column < width; column += 1) {
      const same = letter === wanted[column - 1];
      let cell = Math.min(
        (cells[at - width + column] ?? 0) + 1,
        (cells[at + column - 1] ?? 0) + 1,
        (cells[at - width + column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && letter === wanted[column - 2] && word[row - 2] === wanted[column - 1])
        cell = Math.min(cell, (cells[at - 2 * width + column - 2] ?? 0) + 1);
      cells[at + column] = cell;
      if (cell < least) least = cell;
    }
    return least;
  };
  const upTo = (letters: number): string => String.fromCharCode(...word.subarray(0, letters));
  return {
    /** Compares a word; where it is passed over, gives a text that stands before the next one to look at. */
    follow(units: Uint16Array, from: number, length: number): string | undefined {
      let row = 0;
      while (row < known && row < length && word[row] === units[from + row]) row += 1;
      for (known = row; row < length; row += 1) {
        const letter = units[from + row] ?? 0;
        if (letter >= zero && letter <= nine) return upTo(row) + String.fromCharCode(nine + 1);
        word[row] = letter;
        known = row + 1;
        if (fill(row + 1) > tolerance) {
          known = row;
          return `${upTo(row + 1)}\uffff`;
        }
      }
      return undefined;
    },
    distance: (length: number): number => cells[length * width + stem.length] ?? 0,
  };
}
