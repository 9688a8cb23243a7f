import { distance } from 'fastest-levenshtein';

/** The work grows with the square of what is compared at once. Our choice: a few milliseconds. */
const pieceLength = 4_000;

/** How alike two texts are as they are read, 0 to 1: the share of letters that need no change. Case, and how white space is written, make no difference. */
export function similarityOf(one: string, other: string): number {
  const [left, right] = [normalised(one), normalised(other)];
  if (left === right) return 1;
  const longest = Math.max(left.length, right.length);
  let apart = 0;
  for (let at = 0; at < longest; at += pieceLength)
    apart += distance(left.slice(at, at + pieceLength), right.slice(at, at + pieceLength));
  return Math.max(0, 1 - apart / longest);
}

/** A text without what makes no difference to who reads it. */
export function normalised(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLowerCase();
}
