import { defined } from '../canonical/index.ts';

/** An amount of money. `amount` is decimal text without an exponent or leading zeros: `1299.00`, `0.5`. */
export interface Money {
  readonly amount: string;
  /** ISO 4217, where the text names one. */
  readonly currency?: string;
}

const signs: Readonly<Record<string, string>> = {
  '€': 'EUR',
  $: 'USD',
  '£': 'GBP',
  '¥': 'JPY',
  '₹': 'INR',
  zł: 'PLN',
  euro: 'EUR',
  euros: 'EUR',
};

/**
 * Money as shops write it: `59.99`, `59,99 EUR`, `1.299,00`, `1,299.00`, `1 299,00 €`, `USD 12`, `CHF 1'299.-`, or a number.
 * `undefined` for what is no amount, negative amounts included. Text is never read as a binary number.
 */
export function readMoney(value: unknown): Money | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? { amount: plainText(value) } : undefined;
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const match = /^([^\d\s.,-]{1,5})?\s*(\d[\d.,'’\s]*)(?:[-–]\s*)?([^\d\s.,-]{1,5})?$/u.exec(value.trim());
  const digits = match?.[2]?.replace(/[\s'’]/g, '');
  if (match === null || digits === undefined) return undefined;
  const name = match[1] ?? match[3];
  const currency = name === undefined ? undefined : currencyOf(name);
  const amount = readDigits(digits);
  if (amount === undefined || (name !== undefined && currency === undefined)) return undefined;
  return defined({ amount, currency });
}

/** Which currency a sign or a code means, if it is one. */
export function currencyOf(name: string): string | undefined {
  const code = name.toUpperCase();
  return signs[name.toLowerCase()] ?? (/^[A-Z]{3}$/.test(code) ? code : undefined);
}

/** The last separator is the decimal point, unless three digits follow it and it stands alone: `1.299` is one thousand and more. */
function readDigits(digits: string): string | undefined {
  const text = digits.replace(/[.,]$/, '');
  const last = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  if (last === -1) return trimZeros(text);
  const whole = text.slice(0, last);
  const fraction = text.slice(last + 1);
  const separator = text.charAt(last);
  const grouped = /^\d{1,3}(?:[.,]\d{3})*$/.test(whole);
  if (fraction.length === 3 && grouped && whole !== '0' && !hasOther(whole, separator)) {
    return trimZeros(whole.replace(/[.,]/g, '') + fraction);
  }
  if (!/^\d*$/.test(whole) && (!grouped || whole.includes(separator))) return undefined;
  return `${trimZeros(whole.replace(/[.,]/g, ''))}.${fraction}`;
}

const hasOther = (whole: string, separator: string): boolean => whole.includes(separator === '.' ? ',' : '.');

const trimZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** The shortest decimal text of a number, never with an exponent. */
function plainText(value: number): string {
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
