import { defined } from '../canonical/index.ts';
import { currencyOf, decimalsOf, undecidedCurrency } from './currencies.ts';
import type { PriceStyle } from './price-style.ts';

/** An amount of money. `amount` is decimal text without an exponent or leading zeros: `1299.00`, `0.5`. */
export interface Money {
  readonly amount: string;
  /** ISO 4217, where the text names one. */
  readonly currency?: string;
}

/** A price as shops write it: an amount, or from one to another, with what is said beside it. */
export interface ReadPrice extends Money {
  /** Above `amount`: where the price goes from that to this. */
  readonly highest?: string;
  /** The text as it stands, where it says more than an amount: `from $12`, `12.99 €/kg`. */
  readonly note?: string;
}

/** Why a text is no price. */
export type PriceProblem = 'negative' | 'not-an-amount' | 'unknown-currency';

/** Money of text that says nothing beside it: see `readPrice`. `undefined` for what is no amount. Text is never read as a binary number. */
export function readMoney(value: unknown, usual?: string): Money | undefined {
  const price = readPrice(value, usual);
  if (typeof price === 'string' || price.note !== undefined || price.highest !== undefined) return undefined;
  return price;
}

/**
 * A price as shops write it: `59.99`, `59,99 EUR`, `1.299,00`, `1 299,00 €`, `US$ 12`, `CHF 1'299.-`, `from $12`, `12.99–15.99 USD`,
 * `12.99 €/kg`, or a number. `usual` is the currency of the shop (ISO 4217), by which `$` is read, and `1.250` where the `style` of its file
 * does not tell.
 */
export function readPrice(value: unknown, usual?: string, style?: PriceStyle): ReadPrice | PriceProblem {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'not-an-amount';
    return value < 0 ? 'negative' : { amount: plainNumber(value) };
  }
  if (typeof value !== 'string' || value.length > 80) return 'not-an-amount';
  const text = value.replace(/[\u00a0\u2007\u202f\u2009]/g, ' ').trim();
  if (/^(?:[^\d\s.,]{0,4}\s*)[-−]\s*[^\d\s.,]{0,4}\s*\d/u.test(text)) return 'negative';
  const { main, rest } = cutUnit(text.replace(/\d+(?:[.,]\d+)?\s?%/g, ' '));
  const numbers = [...main.matchAll(amountPattern)];
  const [first, second] = numbers;
  if (first === undefined || numbers.length > 2) return 'not-an-amount';
  const around = main.replace(amountPattern, '\u0000').split('\u0000');
  if (second !== undefined && !rangeWords.test(around[1] ?? '')) return 'not-an-amount';
  const words = readWords(second === undefined ? around : around.map((part) => part.replace(rangeWords, ' ')), usual);
  if (words === undefined) return 'not-an-amount';
  const { currency, saysMore, isUndecided } = words;
  // Another currency than the shop's, and no telling which.
  if (isUndecided && usual !== undefined) return 'unknown-currency';
  const amount = readDigits(first[0], currency ?? usual, style);
  const highest = second && readDigits(second[0], currency ?? usual, style);
  if (amount === undefined || (second !== undefined && highest === undefined)) return 'not-an-amount';
  if (highest !== undefined && compareAmounts(highest, amount) < 0) return 'not-an-amount';
  return defined({
    amount,
    currency,
    highest: highest !== undefined && compareAmounts(highest, amount) > 0 ? highest : undefined,
    note: saysMore || rest !== '' ? text : undefined,
  });
}

/** Digits with what stands between them: points, commas, apostrophes, and spaces before groups of three. */
const amountPattern = /\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,'’]\d+)*(?:e\+?\d{1,2})?|[.,]\d+/gi;

/** What stands between two amounts of a range. Beside it may stand the currency of the first. */
const rangeWords = /(?:[-–—~]|(?:^|\s)(?:to|bis|à|au|a|hasta|fino a|tot|up to)(?=\s|$))/iu;

/** A price of so much each: what follows is said beside it. */
function cutUnit(text: string): { readonly main: string; readonly rest: string } {
  const place = text.search(
    /(?<=[\d\s€$£¥\p{L}*-])\s*\/\s*(?=[\p{L}\d])|\s(?:per|pro|je|por|par|al|each|each\.|stk|stück|pc|pce)(?=\s|\.|$)/iu,
  );
  return place <= 0 || /^s$/i.test(text.slice(0, place))
    ? { main: text, rest: '' }
    : { main: text.slice(0, place), rest: text.slice(place) };
}

/** What may stand beside an amount, and says more of it. */
const sayingMore = new Set(
  `from ab from: ab: von desde dès des partir de à a da dal vanaf od starting at nur only now jetzt incl incl. inkl inkl. including inclus
   incluido incluida inclusief inclusa excl excl. exkl. zzgl zzgl. plus vat vat. tax mwst mwst. ust ust. ttc ht iva btw tva gst net netto brutto
   gross uvp rrp msrp price preis prix precio prezzo prijs statt approx ca ca. circa`.split(/\s+/),
);

/** The currency that words beside an amount name, whether it may be one of several, and whether they say anything else; `undefined` where one is no word of a price. */
function readWords(parts: readonly string[], usual: string | undefined) {
  let currency: string | undefined;
  let saysMore = false;
  let isUndecided = false;
  for (const part of parts) {
    const text = part.replace(/^[.,]?[-–—]+|[*†¹²]+$|[()[\]]/gu, ' ').trim();
    const whole = text === '' ? undefined : nameCurrency(text, usual);
    const words = whole === undefined ? text.split(/\s+/).filter((word) => /[^-–—.,:;*]/u.test(word)) : [text];
    for (const word of words) {
      const named = nameCurrency(word, usual);
      if (named?.currency !== undefined) currency ??= named.currency;
      else if (named !== undefined) isUndecided = true;
      else if (sayingMore.has(word.toLowerCase())) saysMore = true;
      else return undefined;
    }
  }
  return { currency, saysMore, isUndecided: isUndecided && currency === undefined };
}

function nameCurrency(text: string, usual: string | undefined): { readonly currency?: string } | undefined {
  const currency = currencyOf(text, usual);
  return currency === undefined ? undecidedCurrency(text, usual) : { currency };
}

/** Nothing costs more. Our choice. */
const maxDigits = 40;

/**
 * The last separator is the decimal point if there are two kinds; what three digits after the only one are (`1.299`), the style of the file
 * tells, and without one the currency: thousands, unless its amounts have three digits after the point.
 */
function readDigits(text: string, currency: string | undefined, style: PriceStyle | undefined): string | undefined {
  if (text.length > maxDigits) return undefined;
  const [, mantissa = '', exponent] = /^(.*?)(?:e\+?(\d{1,2}))?$/i.exec(text) ?? [];
  const digits = mantissa.replace(/[\s'’]/g, '');
  const decimals = currency === undefined ? 2 : decimalsOf(currency);
  const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
  const separators = digits.match(/[.,]/g) ?? [];
  const whole = digits.slice(0, Math.max(last, 0));
  const fraction = digits.slice(last + 1);
  if (exponent !== undefined)
    return /^\d+(?:\.\d+)?$/.test(digits) ? plainNumber(Number(`${digits}e${exponent}`)) : undefined;
  if (last === -1) return trimZeros(digits);
  const isMixed = new Set(separators).size > 1;
  const isRepeated = separators.length > 1 && !isMixed;
  const sign = digits.charAt(last);
  const isOpen = separators.length === 1 && fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole);
  const isGroup = isRepeated || (isOpen && (style?.isGroup(sign, decimals) ?? decimals !== 3));
  if (isGroup && !isGrouped(digits)) return undefined;
  if (isRepeated) style?.saw(sign, 'group');
  if (isGroup) return trimZeros(digits.replace(/[.,]/g, ''));
  // `1.234.567,5`: the same sign all through, before another one.
  if (isMixed && (new Set(whole.match(/[.,]/g)).size > 1 || whole.includes(digits.charAt(last)) || !isGrouped(whole)))
    return undefined;
  if (isMixed) style?.saw(separators[0] ?? '', 'group');
  if (!isOpen && fraction.length > 0) style?.saw(sign, fraction.length === 3 ? 'thousandths' : 'decimal');
  return `${trimZeros(whole.replace(/[.,]/g, '') || '0')}.${shorten(fraction, Math.max(decimals, 2))}`;
}

/** In groups of three, or of two and a last one of three, as in India. */
const isGrouped = (digits: string): boolean => /^\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}$|^\d+$/.test(digits);

/** Databases write `1299.0000`. */
function shorten(fraction: string, least: number): string {
  let end = fraction.length;
  while (end > least && fraction[end - 1] === '0') end -= 1;
  return fraction.slice(0, end);
}

const trimZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** The shortest decimal text of a number, never with an exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

/** `a - b` of two decimal texts, exactly, with as many digits after the point as the longer of them. */
export function subtractAmounts({ from, less }: { readonly from: string; readonly less: string }): string {
  const scale = Math.max(fractionOf(from).length, fractionOf(less).length);
  const difference = scaled(from, scale) - scaled(less, scale);
  const digits = (difference < 0n ? -difference : difference).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return difference < 0n ? `-${text}` : text;
}

const fractionOf = (amount: string): string => amount.split('.')[1] ?? '';

const scaled = (amount: string, scale: number): bigint =>
  BigInt((amount.split('.')[0] ?? '0') + fractionOf(amount).padEnd(scale, '0'));

/** Below zero if `a` is the smaller amount, above if it is the greater; 0 for equal ones, `5` and `5.00` included. */
export function compareAmounts(a: string, b: string): number {
  // Reading decimal text as a number rounds, but never changes an order; below fifteen digits different amounts stay different.
  return Number(a) - Number(b);
}
