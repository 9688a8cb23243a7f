import { type Attribute, defined, type Item } from '../canonical/index.ts';
import { readAvailability } from './availability.ts';
import { RowError, readAddress, readCategory, readFlags, readPairs, readQuantity, readText, show } from './cells.ts';
import type { ReadRow } from './columns.ts';
import { compareAmounts, currencyOf, type Money, readMoney } from './price.ts';
import { type Variant, variantAttributes } from './variants.ts';

/** A product without its id, where the row has none. */
export type Product = Omit<Item, 'id'> & { readonly id?: string };

/** The product that a row describes; a price that names no currency is in `currency`. Throws `RowError`. */
export function readProduct({ columns, attributes }: ReadRow, currency?: string): Product {
  const text = (column: Parameters<typeof columns.get>[0]) => readText(columns.get(column));
  const title = text('title');
  if (title === undefined) throw new RowError('a product needs a title');
  const variants = readVariants(columns.get('variants'));
  const quantity = readQuantity(columns.get('quantity')) ?? totalOf(variants);
  const { money, span } = readPrices(columns, variants);
  return defined({
    id: text('id'),
    title,
    brand: text('brand'),
    description: text('description'),
    url: readAddress(columns.get('url'), 'url'),
    imageUrl: readAddress(columns.get('imageUrl'), 'image'),
    price: money?.amount,
    priceNote: text('priceNote') ?? span,
    currency: money && (money.currency ?? readCurrency(columns.get('currency')) ?? currency),
    status: text('status'),
    availability: statedAvailability(columns.get('availability')) ?? derivedAvailability(quantity),
    quantity,
    category: readCategory(columns.get('category')),
    attributes: someOf(allAttributes({ columns, attributes }, variants)),
    location: someOf(readPairs(columns.get('location'))),
    flags: someOf(readFlags(columns.get('flags'))),
  });
}

const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

function allAttributes({ columns, attributes }: ReadRow, variants: readonly Variant[]): readonly Attribute[] {
  return [...readPairs(columns.get('attributes')), ...readPairs(attributes), ...variantAttributes(variants)];
}

interface PricedVariant extends Variant {
  readonly price?: Money;
}

/** A list of `{ size: 'L', quantity: 4, price: '59.99' }`: what is neither quantity nor price is an option. */
function readVariants(value: unknown): readonly PricedVariant[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null)
      throw new RowError(`a variant must be an object; got ${show(entry)}`);
    const { quantity, price, ...options }: Readonly<Record<string, unknown>> = { ...entry };
    return defined({
      options: readPairs(options),
      quantity: readQuantity(quantity),
      price: price === undefined ? undefined : readPrice(price),
    });
  });
}

function readPrice(value: unknown): Money {
  const money = readMoney(value);
  if (money !== undefined) return money;
  throw new RowError(`price must be an amount such as 59.99 or "59,99 EUR"; got ${show(value)}`);
}

/**
 * The product's own price, or the lowest of its variants, and from where to where those go. A sale price goes before the price;
 * one that is bound to a period does not, since the catalogue has no clock.
 */
function readPrices(columns: ReadRow['columns'], variants: readonly PricedVariant[]): { money?: Money; span?: string } {
  const own = (columns.has('salePeriod') ? undefined : columns.get('salePrice')) ?? columns.get('price');
  if (own !== undefined) return { money: readPrice(own) };
  const prices = variants.flatMap(({ price }) => price ?? []).toSorted((a, b) => compareAmounts(a.amount, b.amount));
  const [lowest] = prices;
  const highest = prices.at(-1);
  if (lowest === undefined || highest === undefined) return {};
  if (compareAmounts(lowest.amount, highest.amount) === 0) return { money: lowest };
  return { money: lowest, span: `${lowest.amount} – ${highest.amount}` };
}

function readCurrency(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const currency = typeof value === 'string' ? currencyOf(value.trim()) : undefined;
  if (currency !== undefined) return currency;
  throw new RowError(`currency must be an ISO 4217 code such as EUR; got ${show(value)}`);
}

/** How many there are in all, where every variant is counted. */
function totalOf(variants: readonly Variant[]): number | undefined {
  if (variants.length === 0) return undefined;
  return variants.reduce<number | undefined>(
    (sum, { quantity }) => (sum === undefined || quantity === undefined ? undefined : sum + quantity),
    0,
  );
}

function statedAvailability(value: unknown): Item['availability'] {
  if (value === undefined) return undefined;
  const availability = readAvailability(value);
  if (availability !== undefined) return availability;
  throw new RowError(`availability must be in-stock, limited, preorder or out-of-stock; got ${show(value)}`);
}

const derivedAvailability = (quantity: number | undefined): Item['availability'] =>
  quantity === undefined ? undefined : quantity > 0 ? 'in-stock' : 'out-of-stock';
