import type { Row } from '../columns.ts';

/** A row of a file and where it begins: a line from 1, or in JSON an entry. A row that could not be read says why. */
export type FileRow = { readonly line: number } & ({ readonly row: Row } | { readonly reason: string });

/** What a reader may ask about names of columns. */
export interface ColumnNames {
  isKnown(name: string): boolean;
  /** Whether a column of that name holds what a product is called. */
  isTitle(name: string): boolean;
}

/** Reads a text row by row. Throws a plain `Error` where the text as a whole cannot be read on, or ends too soon. */
export type RowReader = (text: AsyncIterable<string>, names: ColumnNames) => AsyncIterable<FileRow>;

/** A row with nothing in it. It has no prototype, so that a column may have any name. */
export const bareRow = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>; // that is what it is

/** Whether a value can be a row. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
