import { type Attribute, defined, type Item } from '../canonical/index.ts';
import { readFlag, readStock } from './availability.ts';
import { isOnSale } from './catalog-item.ts';
import { readAddress, readCategory, readFlags, readLongText, readPairs, readText } from './cells.ts';
import type { Column } from './column-names.ts';
import type { ColumnReader, ReadRow } from './columns.ts';
import { readDate } from './dates.ts';
import type { Draft, DraftStock } from './draft.ts';
import type { TellField } from './field-errors.ts';
import { isRow } from './formats/row.ts';
import type { PriceStyle } from './price-style.ts';
import { type Columns, currencyOfRow, readPricing } from './pricing.ts';

export interface ReadingContext {
  readonly line: number;
  /** ISO 4217: that of prices that name none. */
  readonly usual?: string | undefined;
  readonly tell: TellField;
  readonly readColumns: ColumnReader;
  readonly style: PriceStyle;
}

/** What a row says of a product, or of one choice of it. What cannot be read is told, and left out. */
export function readDraft({ columns, attributes }: ReadRow, context: ReadingContext): Draft {
  const { line, tell } = context;
  const text = (column: Column) => readText(columns.get(column));
  const { stock, delivery } = readStockOf(columns, tell);
  const usual = currencyOfRow(columns, context.usual);
  const variants = readVariants(columns.get('variants'), { ...context, usual });
  const options = readPairs(columns.get('options'));
  const item: Partial<Item> = defined({
    id: text('id'),
    title: text('title'),
    brand: text('brand'),
    description: readLongText(columns.get('description')),
    url: address('url', columns, tell),
    imageUrl: address('imageUrl', columns, tell),
    priceNote: text('priceNote'),
    status: readStatus(columns),
    category: readCategory(columns.get('category')),
    attributes: someOf([
      ...readPairs(columns.get('attributes')),
      ...attributes.flatMap(({ key, value }) => readPairs({ [key]: value })),
      ...delivery,
      ...(columns.has('group') || variants.length > 0 ? [] : options),
    ]),
    location: someOf(readPairs(columns.get('location'))),
    flags: someOf(readFlags(columns.get('flags'))),
  });
  return defined({
    line,
    item,
    pricing: readPricing(columns, context),
    stock,
    expires: readExpiry(columns, tell),
    options,
    variants,
    group: text('group') === '0' ? undefined : text('group'),
    isParent: columns.get('isParent') === true,
    children: readChildren(columns.get('children')),
  });
}

const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

function address(column: 'url' | 'imageUrl', columns: Columns, tell: TellField): string | undefined {
  const value = columns.get(column);
  const found = readAddress(value);
  if (value !== undefined && found === undefined && !(Array.isArray(value) && value.length === 0)) {
    tell(column, 'not-an-address', value);
  }
  return found;
}

/** The shop's word; `inactive` for what another column says is not published. */
function readStatus(columns: Columns): string | undefined {
  const word = readText(columns.get('status'));
  const status = word === '0' ? 'inactive' : word === '1' ? 'active' : word;
  const isHidden = columns.has('isPublished') && readFlag(columns.get('isPublished')) === false;
  return isHidden && isOnSale(defined({ status })) ? 'inactive' : status;
}

function readExpiry(columns: Columns, tell: TellField): number | undefined {
  const value = columns.get('expires');
  if (value === undefined) return undefined;
  const moment = readDate(value);
  if (moment === undefined) tell('expires', 'not-a-date', value);
  return moment?.to;
}

/** How long something takes says when it comes, not whether it is there. */
const duration =
  /\d.*(?:days?|tage?n?|werktage?n?|jours?|d[ií]as?|giorn[oi]|dag(?:en)?|weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken|hours?|stunden|heures|horas|ore|uur|h)\b/i;

/** Nobody says in more characters how long something takes, and to look through them would take the square of their number. */
const maxDuration = 200;

/** A word for the stock goes before a count, and what nobody counts is there unless a word says otherwise. */
function readStockOf(columns: Columns, tell: TellField): { stock: DraftStock; delivery: readonly Attribute[] } {
  const delivery: Attribute[] = [];
  const read = (column: 'availability' | 'quantity') => {
    const value = columns.get(column);
    if (value === undefined) return undefined;
    // A bare 1 among words for the stock is a yes, and no count.
    const isYes = column === 'availability' && (value === 1 || value === '1');
    const stock = readStock(isYes ? true : value);
    if (stock === undefined && typeof value === 'string' && value.length <= maxDuration && duration.test(value)) {
      delivery.push({ key: 'delivery time', value: readText(value) ?? '' });
    } else if (stock === undefined) tell(column, 'unknown-word', value);
    return stock;
  };
  const [said, counted] = [read('availability'), read('quantity')];
  const quantity = counted?.quantity ?? said?.quantity;
  const stock = (): DraftStock => {
    const availability = said?.availability;
    if (availability === 'out-of-stock')
      return quantity === undefined || quantity > 0 ? { availability } : { availability, quantity };
    if (readFlag(columns.get('isCounted') ?? 'yes') === false) return { availability: availability ?? 'in-stock' };
    if (availability !== undefined) return quantity === 0 ? { availability } : defined({ availability, quantity });
    if (counted?.availability === 'out-of-stock' && readFlag(columns.get('isBackordered')) === true)
      return { availability: 'preorder' };
    return defined({ availability: counted?.availability, quantity });
  };
  return { stock: stock(), delivery };
}

/** No product has more choices. Our choice, and Shopify's. */
export const maxVariants = 2_000;

/** Longer values, and other ones, are no choices. */
export const maxOptionLength = 60;

/** A list of `{ size: 'L', quantity: 4, price: '59.99' }`: what is no column of ours is an option, unless `options` has them. */
function readVariants(value: unknown, context: ReadingContext): readonly Draft[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length > maxVariants) context.tell('variants', 'too-many', list.length);
  return list.slice(0, maxVariants).flatMap((entry: unknown) => {
    if (typeof entry === 'number') return []; // WooCommerce's API names them by number
    if (!isRow(entry)) {
      context.tell('variants', 'not-a-variant', entry);
      return [];
    }
    const draft = readDraft(context.readColumns(entry), context);
    const rest = Object.entries(entry).filter(
      ([name, part]) =>
        !context.readColumns.isKnown(name) &&
        ['string', 'number'].includes(typeof part) &&
        String(part).length <= maxOptionLength,
    );
    return [
      {
        ...draft,
        variants: [],
        options: draft.options.length > 0 ? draft.options : readPairs(Object.fromEntries(rest)),
      },
    ];
  });
}

function readChildren(value: unknown): Draft['children'] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, maxVariants).flatMap((entry: unknown) => {
    if (!isRow(entry)) return [];
    const { id, options } = entry;
    return typeof id === 'string' ? [{ id, options: readPairs(options) }] : [];
  });
}
