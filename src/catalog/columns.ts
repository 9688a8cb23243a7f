import { attributeNames, type Column, columnNames } from './column-names.ts';
import { currencyOf } from './currencies.ts';
import type { ColumnNames } from './formats/row.ts';
import { fold } from './words.ts';

/** A row as its format gives it: a column's name, and text, a number, a list … as the file has it. */
export type Row = Readonly<Record<string, unknown>>;

/** A row under our own names, and what of it is to be shown as attributes. */
export interface ReadRow {
  readonly columns: ReadonlyMap<Column, unknown>;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

export interface ColumnReader extends ColumnNames {
  (row: Row): ReadRow;
}

/** A name without what does not count in it. */
export const plainName = (name: string): string =>
  fold(name)
    .replace(/^g:/, '')
    .replace(/[^a-z0-9]+/g, '');

const split = (text: string): readonly string[] => text.trim().split(/\s+/);

const columnOf: ReadonlyMap<string, { readonly column: Column; readonly rank: number }> = new Map(
  // The last of a name counts in a `Map`, and the first is to.
  Object.entries(columnNames)
    .flatMap(([column, text]) =>
      // The keys of `columnNames` are the columns: its type says so, `Object.entries` forgets it.
      split(text).map((name, rank) => [plainName(name), { column: column as Column, rank }] as const),
    )
    .toReversed(),
);

const attributes: ReadonlySet<string> = new Set(split(attributeNames).map(plainName));

/** What a name of the file means. */
interface Meaning {
  readonly column?: Column;
  readonly rank: number;
  /** The name under which it is shown. */
  readonly shown?: string;
  /** ISO 4217: that of a price column that names one, as `Price (EUR)` does. */
  readonly currency?: string;
}

function meaningOf(name: string): Meaning {
  const plain = plainName(name);
  const known = columnOf.get(plain) ?? pricedColumn(name);
  const shown = attributes.has(plain) ? { shown: fold(name).replace(/^g:/, '').replaceAll('_', ' ') } : {};
  return { rank: Infinity, ...known, ...shown };
}

/** No shop calls a price by a longer name, and one of a megabyte would cost minutes. */
const maxPricedName = 200;

/** `Price (EUR)`, `price_usd`, `Preis in €`. */
function pricedColumn(name: string): Meaning | undefined {
  if (name.length > maxPricedName) return undefined;
  const [, column = '', sign = ''] = /^(.*?)[\s_([]+(?:in\s+)?([A-Za-z]{3}|[€£$¥₹])[)\]]?$/.exec(name.trim()) ?? [];
  const known = columnOf.get(plainName(column));
  const currency = currencyOf(sign);
  if (currency === undefined || (known?.column !== 'price' && known?.column !== 'salePrice')) return undefined;
  return { ...known, rank: known.rank + 0.5, currency };
}

/** Whether a shop calls one of our columns so. */
function isColumn(name: string): name is Column {
  return Object.hasOwn(columnNames, name);
}

/** A file has as many names as it has columns; entries of JSON may each bring new ones. */
const maxRemembered = 10_000;

/** Finds our columns in rows; `fields` says which column the file calls what, and goes before the table. Empty values count as absent. */
export function createColumnReader(fields: Readonly<Record<string, string>> = {}): ColumnReader {
  const own = Object.entries(fields);
  const taken = new Map(own.map(([field, name]) => [name, field]));
  const meanings = new Map<string, Meaning>();
  const lookUp = (name: string): Meaning => {
    const known = meanings.get(name) ?? meaningOf(name);
    if (meanings.size < maxRemembered) meanings.set(name, known);
    return known;
  };
  const read = (row: Row): ReadRow => {
    const found = new Map<Column, unknown>();
    const ranks = new Map<Column, number>();
    const shown: { key: string; value: unknown }[] = [];
    for (const name of Object.keys(row)) {
      const value = row[name];
      if (isEmpty(value) || taken.has(name)) continue;
      const { column, rank, shown: key, currency } = lookUp(name);
      if (column !== undefined && rank < (ranks.get(column) ?? Infinity)) {
        ranks.set(column, rank);
        found.set(column, value);
        if (currency !== undefined && !ranks.has('currency')) found.set('currency', currency);
      }
      if (key !== undefined) shown.push({ key, value });
    }
    for (const [field, name] of own) {
      if (isEmpty(row[name])) continue;
      if (isColumn(field)) found.set(field, row[name]);
      else shown.push({ key: field.replace(/^attributes\./, ''), value: row[name] });
    }
    return { columns: found, attributes: shown };
  };
  return Object.assign(read, {
    isKnown: (name: string) => taken.has(name) || lookUp(name).column !== undefined,
    isTitle: (name: string) => (taken.has(name) ? taken.get(name) === 'title' : lookUp(name).column === 'title'),
  });
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (typeof value === 'string' && value.trim() === '');
