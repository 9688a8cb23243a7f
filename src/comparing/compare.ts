import { distance } from 'fastest-levenshtein';
import type { Difference, Item, Reply, Sides, Verdict } from '../canonical/index.ts';

/** What somebody answered to a turn. */
export interface Answered {
  /** Of HTTP; 101 over a socket. */
  readonly status: number;
  /** `ok`, or the error code that the answer means here. */
  readonly code: string;
  /** The whole reply; absent where there is none. */
  readonly reply?: Pick<Reply, 'text' | 'items' | 'suggestions' | 'finishReason'>;
}

export interface Comparison {
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
  /** How alike the texts are, 0 to 1, where there are two. */
  readonly similarity?: number;
}

export interface Tolerance {
  /** Fields that never count: `item.price`, or `item` for all of an item's, `output` for all of the reply's. */
  readonly ignore?: readonly string[];
  /** The least similarity of texts that are equivalent. */
  readonly text: number;
  /** Whether both sides can say a field at all; what one of them cannot never counts. */
  readonly carries?: (field: string) => boolean;
}

/** Judges one turn. The same one twice is `equal`; which side is the primary makes no difference to what differs. */
export function compare({ primary, candidate }: Sides<Answered>, tolerance: Tolerance): Comparison {
  const counts = createCounts(tolerance);
  const outcome = [
    ...differ('status', primary.status, candidate.status),
    ...differ('code', primary.code, candidate.code),
  ];
  if (gaveNone(primary)) return { verdict: 'inconclusive', differences: outcome };
  const counted = outcome.filter(({ field }) => counts(field));
  if (primary.reply === undefined) {
    // It was refused, and so ought it to be by the other.
    if (gaveNone(candidate)) return { verdict: 'failed', differences: outcome };
    return { verdict: counted.length === 0 ? 'equal' : 'different', differences: counted };
  }
  if (candidate.reply === undefined) return { verdict: 'failed', differences: outcome };
  return compareReplies({ primary: primary.reply, candidate: candidate.reply }, { counted, counts, ...tolerance });
}

/** A refusal is an answer; a failure, and a success without a reply, are none. */
const gaveNone = ({ status, reply }: Answered): boolean => reply === undefined && (status >= 500 || status < 400);

interface Counting extends Tolerance {
  readonly counted: readonly Difference[];
  readonly counts: (field: string) => boolean;
}

type Replies = Sides<NonNullable<Answered['reply']>>;

function compareReplies({ primary, candidate }: Replies, { counted, counts, text }: Counting): Comparison {
  const similarity = similarityOf(primary.text, candidate.text);
  const textCounts = counts('output.text');
  const others = [
    ...differ('output.finishReason', primary.finishReason, candidate.finishReason),
    ...differ('output.suggestions', primary.suggestions, candidate.suggestions),
    ...differ('output.items', idsOf(primary.items), idsOf(candidate.items)),
    ...differingItems(primary.items, candidate.items),
  ].filter(({ field }) => counts(field));
  const words = textCounts && similarity < text ? differ('output.text', primary.text, candidate.text) : [];
  const differences = [...counted, ...words, ...others];
  if (differences.length > 0) return { verdict: 'different', differences, similarity };
  return { verdict: textCounts && similarity < 1 ? 'equivalent' : 'equal', differences, similarity };
}

/** Whether all sides can say a field. Items can be told where any of their fields can. */
export function carriedByAll(...sides: readonly ReadonlySet<string>[]): (field: string) => boolean {
  const byAll = (field: string): boolean => sides.every((carried) => carried.has(field));
  return (field) => byAll(field) || (field === 'output.items' && byAll('item.id'));
}

/** One success is as good as another, and what a refusal is called is each one's own: what counts is what kind of answer it is. */
export const byClass = <T extends Answered>(answered: T): T => ({
  ...answered,
  status: Math.floor(answered.status / 100) * 100,
});

function createCounts({ ignore = [], carries = () => true }: Tolerance): (field: string) => boolean {
  return (field) => {
    if (ignore.some((name) => field === name || field.startsWith(`${name}.`))) return false;
    return !field.includes('.') || carries(field);
  };
}

function differ(field: string, primary: unknown, candidate: unknown): readonly Difference[] {
  return JSON.stringify(primary) === JSON.stringify(candidate) ? [] : [{ field, primary, candidate }];
}

/** Their order says nothing that all backends agree about. */
const idsOf = (items: readonly Item[]): readonly string[] => items.map(({ id }) => id).toSorted();

const itemFields = {
  'item.price': ({ price }: Item) => (price === undefined ? undefined : Number(price)),
  'item.currency': ({ currency }: Item) => currency,
  'item.availability': ({ availability }: Item) => availability,
};

/** Of items that both name. */
function differingItems(primary: readonly Item[], candidate: readonly Item[]): readonly Difference[] {
  const theirs = firstOfEach(candidate);
  const pairs = [...firstOfEach(primary).values()].flatMap((item) => {
    const other = theirs.get(item.id);
    return other === undefined ? [] : [{ item, other }];
  });
  return Object.entries(itemFields).flatMap(([field, read]) => {
    const apart = pairs.filter(({ item, other }) => read(item) !== read(other));
    if (apart.length === 0) return [];
    const told = (side: 'item' | 'other') =>
      Object.fromEntries(apart.map((pair) => [pair[side].id, read(pair[side]) ?? null]));
    return [{ field, primary: told('item'), candidate: told('other') }];
  });
}

/** One that comes twice is one. */
const firstOfEach = (items: readonly Item[]): ReadonlyMap<string, Item> =>
  new Map(items.toReversed().map((item) => [item.id, item]));

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

/** What is new each time that anybody answers: ids (UUIDs), and moments with their day and time (RFC 3339). */
const fresh: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '\u{e000}id'],
  [/\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:z|[+-]\d\d:?\d\d)?/g, '\u{e000}time'],
];

/** A text without what makes no difference to who reads it: one id, or one moment, is as good as another. */
export function normalised(text: string): string {
  const plain = text.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLowerCase();
  return fresh.reduce((masked, [one, mask]) => masked.replace(one, mask), plain);
}
