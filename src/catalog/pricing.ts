import type { Column } from './column-names.ts';
import { currencyOf } from './currencies.ts';
import { type Moment, type Period, readDate, readPeriod } from './dates.ts';
import type { TellField } from './field-errors.ts';
import { compareAmounts, type ReadPrice, readPrice } from './price.ts';
import type { PriceStyle } from './price-style.ts';

/** What a product costs, and what it costs for a time. */
export interface Pricing {
  readonly regular?: ReadPrice;
  readonly sale?: { readonly price: ReadPrice; readonly period: Period };
}

export type Columns = ReadonlyMap<Column, unknown>;

export interface PricingContext {
  /** ISO 4217: that of prices that name none. */
  readonly usual?: string | undefined;
  readonly tell: TellField;
  readonly line: number;
  readonly style: PriceStyle;
}

/** Reads what a row says of prices. A price that names no currency is in that of the row, or else in the usual one. */
export function readPricing(columns: Columns, context: PricingContext): Pricing {
  const { usual, tell, line, style } = context;
  const currency = readCurrency(columns.get('currency'), context) ?? usual;
  const read = (column: Column): ReadPrice | undefined => {
    const value = singleOf(columns.get(column));
    if (value === undefined || isNothing(value)) return undefined;
    style.at(column, line, value);
    const price = readPrice(value, currency, style);
    if (typeof price === 'object')
      return price.currency === undefined && currency !== undefined ? { ...price, currency } : price;
    tell(column, price, value);
    return undefined;
  };
  const lowest = read('price');
  const highest = read('highestPrice');
  const regular =
    lowest !== undefined && highest !== undefined && compareAmounts(highest.amount, lowest.amount) > 0
      ? { ...lowest, highest: highest.amount }
      : lowest;
  const price = read('salePrice');
  const period = readSalePeriod(columns, tell);
  return {
    ...(regular && { regular }),
    ...(price !== undefined && period !== undefined && { sale: { price, period } }),
  };
}

/** Shops' words for no price at all. */
const isNothing = (value: unknown): boolean =>
  typeof value === 'string' && /^(?:[-–—.]+|n\/?a\.?|null|none|nan|undefined|k\.?\s?a\.?)$/i.test(value.trim());

const singleOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

function readCurrency(value: unknown, { usual, tell }: Pick<PricingContext, 'usual' | 'tell'>): string | undefined {
  const single = singleOf(value);
  if (single === undefined) return undefined;
  const currency = knownCurrency(single, usual);
  if (currency === undefined) tell('currency', 'unknown-currency', single);
  return currency;
}

/** The currency that a row names, or else the usual one: that of prices in it that name none, those of its choices too. */
export const currencyOfRow = (columns: Columns, usual: string | undefined): string | undefined =>
  knownCurrency(singleOf(columns.get('currency')), usual) ?? usual;

const knownCurrency = (value: unknown, usual: string | undefined): string | undefined =>
  typeof value === 'string' ? currencyOf(value, usual) : undefined;

/** When a sale holds; `undefined` where that cannot be read: then nobody can tell whether it does. */
function readSalePeriod(columns: Columns, tell: TellField): Period | undefined {
  const whole = columns.get('salePeriod');
  if (whole !== undefined) {
    const period = readPeriod(whole);
    if (period === undefined) tell('salePeriod', 'not-a-date', whole);
    return period;
  }
  const read = (column: 'saleFrom' | 'saleTo'): Moment | undefined | 'unreadable' => {
    const value = columns.get(column);
    if (value === undefined || (typeof value === 'string' && value.startsWith('0000-00-00'))) return undefined;
    const moment = readDate(value);
    if (moment === undefined) tell(column, 'not-a-date', value);
    return moment ?? 'unreadable';
  };
  const [start, end] = [read('saleFrom'), read('saleTo')];
  if (start === 'unreadable' || end === 'unreadable') return undefined;
  return { ...(start && { from: start.from }), ...(end && { to: end.to }) };
}

/** What is asked for at a time. A sale holds within its period, above nothing, and below the regular price. */
export function priceAt({ regular, sale }: Pricing, at: number): ReadPrice | undefined {
  if (sale === undefined || !isWithin(sale.period, at) || compareAmounts(sale.price.amount, '0') <= 0) return regular;
  if (regular === undefined) return sale.price;
  const isLess = compareAmounts(sale.price.amount, regular.amount) < 0;
  return isLess && sale.price.currency === regular.currency ? sale.price : regular;
}

const isWithin = ({ from = -Infinity, to = Infinity }: Period, at: number): boolean => at >= from && at <= to;

/** The moments at which the price may become another one. */
export function turnsOf({ sale }: Pricing): readonly number[] {
  const { from, to } = sale?.period ?? {};
  return [...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to + 1])];
}
