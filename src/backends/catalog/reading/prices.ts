import { currencyOf, readMoney, undecidedCurrency } from '../../../catalog/index.ts';
import type { PriceWords } from '../language/index.ts';

/** What a text says of prices. */
export interface PriceRange {
  /** Decimal text. */
  readonly minPrice?: string;
  readonly maxPrice?: string;
  /** As it was written, where a currency was: `$`, `euros`. */
  readonly currency?: string;
  /** The text without that. */
  readonly rest: string;
}

const named =
  'us\\$|[$€£¥]|eur(?:os?)?\\b|usd\\b|us dollars?\\b|dollar(?:s|i)?\\b|dolar(?:es)?\\b|bucks\\b|gbp\\b|pounds?\\b|pfund\\b|livres?\\b|libras?\\b|sterline\\b|pond(?:en)?\\b|chf\\b|franken\\b|francs?\\b|francos?\\b|franchi\\b|jpy\\b|yen\\b|sek\\b|dkk\\b|nok\\b|kronen\\b|pln\\b|zloty\\b|cad\\b|aud\\b';

/** Visitors' words for a currency, by what they begin with, and what a feed writes for it. Others are written as in a feed. */
const spoken: Readonly<Record<string, string>> = {
  'us d': 'us$',
  ...{ dollar: 'dollar', dolar: 'dollar', bucks: 'dollar', eur: '€' },
  ...{ pound: '£', pfund: '£', livre: '£', libra: '£', sterline: '£', pond: '£' },
  ...{ fran: 'chf', kronen: 'kr', zloty: 'zł' },
};

/** ISO 4217 for a word or sign of a visitor's, as it is read in a shop whose own currency is `usual`; the word itself where it may be several. */
export function currencyNamed(text: string, usual: string | undefined): string {
  const [, sign = text] = Object.entries(spoken).find(([beginning]) => text.startsWith(beginning)) ?? [];
  return currencyOf(sign, usual) ?? undecidedCurrency(sign, usual)?.currency ?? text;
}

const digits = '(\\d{1,9}(?:[.,]\\d{1,3}){0,3})(?![\\d])';
const amount = `(?:(${named})\\s?)?${digits}(?:\\s?(${named}))?`;
/** After a number that names no currency, nothing may stand that could be another unit. */
const alone =
  '(?=\\s*(?:$|[?!,;:]|\\.(?!\\d)|(?:and|or|please|then|though|instead|only|ok|dann|alors|entonces|allora|dan|for|that|which|with|in|und|oder|bitte|fuer|mit|et|ou|pour|avec|y|o|por|para|con|que|e|per|che|en|of|voor|met|s)\\b))';
const money = `${amount}(?:(?<=${named})|(?<=(?:${named})\\s?\\d[\\d.,]*)|${alone})`;

export interface Patterns {
  readonly between: RegExp;
  readonly around: RegExp;
  readonly atMost: readonly RegExp[];
  readonly atLeast: readonly RegExp[];
}

const known = new WeakMap<PriceWords, Patterns>();

/** The patterns that a language's words of prices make. */
export function patternsOf(words: PriceWords): Patterns {
  const made = known.get(words) ?? {
    between: new RegExp(`\\b(?:${words.between[0]})\\s+${amount}\\s+(?:${words.between[1]})\\s+${money}`),
    around: new RegExp(`\\b(?:${words.around})\\s+${amount}(?<=${named})`),
    atMost: [
      new RegExp(`(?:\\b(?:${words.atMost})\\s*|[<≤]=?\\s*)${money}`),
      new RegExp(`${amount}\\s+(?:${words.orLess})(?!\\p{L})`, 'u'),
      // What somebody wants to spend: `for 15 euros`.
      new RegExp(`\\b(?:for|fuer|pour|por|per|voor)\\s+${amount}(?<=${named})`),
    ],
    atLeast: [
      new RegExp(`(?:\\b(?:${words.atLeast})\\s+|[>≥]=?\\s*)${money}`),
      new RegExp(`${amount}\\s+(?:${words.orMore})(?!\\p{L})`, 'u'),
    ],
  };
  known.set(words, made);
  return made;
}

/** `around` an amount is so much less or more. Our choice. */
const around = 0.2;

/** Reads a price range from plain text. */
export function readPrices(text: string, words: PriceWords): PriceRange {
  const patterns = patternsOf(words);
  const both = patterns.between.exec(text);
  const [low, high] = [amountOf(both?.[2]), amountOf(both?.[5])];
  if (both !== null && low !== undefined && high !== undefined) {
    const [minPrice, maxPrice] = Number(low) <= Number(high) ? [low, high] : [high, low];
    return ranged(text.replace(both[0], ' , '), { minPrice, maxPrice }, [both[1], both[3], both[4], both[6]]);
  }
  const near = patterns.around.exec(text);
  const middle = amountOf(near?.[2]);
  if (near !== null && middle !== undefined) {
    const bounds = { minPrice: part(middle, 1 - around), maxPrice: part(middle, 1 + around) };
    return ranged(text.replace(near[0], ' , '), bounds, [near[1], near[3]]);
  }
  const most = firstOf(patterns.atMost, text);
  const between = most === undefined ? text : text.replace(most[0], ' , ');
  const least = firstOf(patterns.atLeast, between);
  const [maxPrice, minPrice] = [amountOf(most?.[2]), amountOf(least?.[2])];
  const rest = least === undefined ? between : between.replace(least[0], ' , ');
  return ranged(rest, { ...(minPrice !== undefined && { minPrice }), ...(maxPrice !== undefined && { maxPrice }) }, [
    most?.[1],
    most?.[3],
    least?.[1],
    least?.[3],
  ]);
}

const firstOf = (patterns: readonly RegExp[], text: string): RegExpExecArray | undefined => {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
  return undefined;
};

const part = (value: string, factor: number): string => String(Math.round(Number(value) * factor));

const amountOf = (text: string | undefined): string | undefined => readMoney(text)?.amount;

function ranged(
  rest: string,
  bounds: Omit<PriceRange, 'rest' | 'currency'>,
  currencies: readonly (string | undefined)[],
): PriceRange {
  const currency = currencies.find((name) => name !== undefined);
  return { ...bounds, ...(currency !== undefined && { currency }), rest };
}
