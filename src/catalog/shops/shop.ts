import { plainName, type Row } from '../columns.ts';
import type { FileRow } from '../formats/row.ts';

/** How a shop system writes its products, where that says more than names of columns do. */
export interface Shop {
  /** Whether a row is of that system, by its names; `has` takes them as `plainName` gives them. */
  isOne(has: (name: string) => boolean, row: Row): boolean;
  /** The rows under our own names. A product's choices have its `item_group_id`, or stand in its `variants`. */
  read(rows: AsyncIterable<FileRow>): AsyncIterable<FileRow>;
}

/** The cells of a row by their plain names, as text; empty where there is none. */
export function cellsOf(row: Row): (name: string) => string {
  const cells = new Map(Object.entries(row).map(([name, value]) => [plainName(name), value]));
  return (name) => {
    const value = cells.get(name);
    return typeof value === 'string'
      ? value.trim()
      : typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : '';
  };
}

/** A shop whose rows are read one by one; what is no product gives `undefined`, and is passed over. */
export function readEach(read: (row: Row) => Row | undefined): Shop['read'] {
  return async function* (rows) {
    for await (const entry of rows) {
      if (!('row' in entry)) yield entry;
      else {
        const row = read(entry.row);
        if (row !== undefined) yield { line: entry.line, row };
      }
    }
  };
}

/** The longest of several paths, as `A > B`: what a product is filed under first says least. `without` are roots that every path has. */
export function longestPath(
  paths: readonly string[],
  { separator, without = [] }: { readonly separator: string; readonly without?: readonly string[] },
): string {
  const all = paths.map((path) =>
    path
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== '' && !without.includes(part)),
  );
  const longest = all.reduce((best, path) => (path.length > best.length ? path : best), []);
  return longest.join(' > ');
}
