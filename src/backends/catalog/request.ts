import { contentWords, wordsOf } from '../../catalog/index.ts';
import { joinCompounds } from './language/concepts.ts';
import type { Cues, Phrases, Speech } from './language/index.ts';
import { readNegation } from './reading/negation.ts';
import { plainOf } from './reading/plain.ts';
import { readPrices } from './reading/prices.ts';

/** What can be told about a message from its words alone. */
export interface Request {
  readonly text: string;
  /** As cues read it. */
  readonly folded: string;
  readonly phrases: Phrases;
  readonly cues: Cues;
  /** Words that may name a product or what it is to have, folded, in their order. */
  readonly words: readonly string[];
  /** What is not wanted: what has all words of one of these. */
  readonly without: readonly (readonly string[])[];
  /** What is not wanted, and cannot be left out for certain. */
  readonly overlooked: readonly string[];
  /** Decimal text. */
  readonly minPrice?: string;
  readonly maxPrice?: string;
  /** As it was written with the price. */
  readonly currency?: string;
  /** How many products are to be shown, or of one product. */
  readonly count?: number;
  /** A size as it was written: `l`, `xl`, `42`, `158 cm`, `large`. */
  readonly size?: string;
  /** How old somebody is that a product is for, in years, and how that was said. */
  readonly age?: string;
  readonly ageText?: string;
  /** Words in a spelling of the catalogue's, and what was typed for each. */
  readonly typed: ReadonlyMap<string, string>;
  /** Whether a word of its language may be several nouns in one. */
  readonly joinsNouns: boolean;
  /** How much of something a product is to be, as `100`: `100% cotton`. */
  readonly percent?: string;
  /** What a product is to come in: a colour, a material. */
  readonly quality?: string;
  /** Whether a word of the language's may name a product. */
  isContent(word: string): boolean;
}

/** As much as is read of a message: what somebody pastes beyond that is no question to a catalogue. */
export const maxLength = 1_000;

/** In the words of all languages. */
const percent =
  /(?<![\p{L}\p{N}])(\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|percent\b|per cent\b|prozent\b|pour ?cent\b|por ciento\b|per cento\b|procent\b)/u;

/** A size that stands at the end as sizes are written: `polo green M`. `25 L` and `2 M` are amounts. */
const letterSize = /(?<![\d]\s?)(?<![\p{L}\d'’-])(X{0,3}[SL]|M)[\s?!.]*$/u;
const lastLetters = /(?<!\d\s?)\b(?:x{0,3}[sl]|m)[\s?!.]*$/;

/** Reads a message. Any text will do; the same text gives the same request. */
export function readRequest(whole: string, speech: Speech): Request {
  const { phrases, cues, grammar, asking } = speech;
  const text = whole.slice(0, maxLength);
  const folded = joinCompounds(plainOf(text));
  const isContent = (token: string): boolean =>
    contentWords(token).some((word) => !grammar.has(word) && !asking.has(word));
  // `100% cotton` is no size, and no word that a product without it has.
  const share = percent.exec(folded)?.[1];
  const { rest: priced, ...range } = readPrices(folded.replace(percent, ' '), cues.prices);
  const count = cues.count.exec(priced) ?? amountOf(priced, cues, isContent);
  const age = cues.age.exec(priced);
  const named = priced.replace(count?.[0] ?? '', ' ').replace(age?.[0] ?? '', ' , ');
  const letter = /\p{Ll}/u.test(text) ? letterSize.exec(text)?.[1]?.toLowerCase() : undefined;
  const size = groupOf(named, cues.size) ?? letter;
  const sized = size === undefined ? named : named.replace(cues.size, ' ').replace(lastLetters, ' ');
  // `Is it not waterproof?` asks whether it is.
  const isAsked = cues.pointer.test(folded) && !cues.seek.test(folded);
  const { rest, ...unwanted } = isAsked
    ? { without: [], overlooked: [], rest: sized }
    : readNegation(sized, cues, isContent);
  const quality = size === undefined ? contentWords(groupOf(rest, cues.quality) ?? '').find(isContent) : undefined;
  const words = (rest.match(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*/gu) ?? []).flatMap((token) =>
    namesIn(token, { speech, isContent }),
  );
  return {
    text,
    folded,
    phrases,
    cues,
    words: [...new Set(words)].slice(0, maxWords),
    ...(share !== undefined && { percent: share }),
    ...unwanted,
    ...range,
    ...(count !== null && { count: cues.numbers.get(count[1] ?? '') ?? Number(count[1]) }),
    ...(size !== undefined && { size }),
    ...(age !== null && { age: groupOf(priced, cues.age) ?? '', ageText: age[0] }),
    typed: new Map(),
    joinsNouns: speech.joinsNouns === true,
    ...(quality !== undefined && { quality }),
    isContent,
  };
}

/** A word for a number before the first thing that is named: `I need three hoodies`. A `two-person tent` has its number in its name. */
function amountOf(text: string, { numbers }: Cues, isContent: (word: string) => boolean): RegExpExecArray | null {
  for (const match of text.matchAll(/[\p{L}\p{N}-]+/gu)) {
    if (!numbers.has(match[0])) {
      if (isContent(match[0])) return null;
      continue;
    }
    // `the two cheapest lamps`
    const after = text.slice(match.index + match[0].length).match(/^(?:\s+[\p{L}-]+){1,3}/u)?.[0] ?? '';
    const next = after.split(/\s+/).find((word) => word !== '' && isContent(word)) ?? '';
    return /(?:s|en|e|i)$/.test(next) ? /(\S+)/.exec(match[0]) : null;
  }
  return null;
}

/** More words are not asked for at once, and a longer run of letters names nothing. Our choice. */
const maxWords = 30;
const maxWord = 64;

interface Naming {
  readonly speech: Speech;
  readonly isContent: (word: string) => boolean;
}

/** The words of a token that may name something. Within a compound, words of asking do too: `left-handed`. */
function namesIn(token: string, { speech: { grammar, cues }, isContent }: Naming): readonly string[] {
  if (!isContent(token)) return [];
  const parts = wordsOf(token);
  const named = parts.length > 1 ? parts.filter((word) => !grammar.has(word)) : parts;
  const ranks = [cues.cheapest, cues.dearest, cues.cheaper, cues.similar];
  return named.filter((word) => word.length <= maxWord && !ranks.some((cue) => cue.test(word)));
}

/** What the first group that matched holds. */
function groupOf(text: string, pattern: RegExp): string | undefined {
  return pattern
    .exec(text)
    ?.slice(1)
    .find((group: string | undefined) => group !== undefined);
}
