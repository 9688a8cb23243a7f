import type { Row } from '../columns.ts';

/** A row of a file and where it begins: a line from 1, or in a JSON array an entry. A row that could not be read says why. */
export type FileRow = { readonly line: number } & ({ readonly row: Row } | { readonly reason: string });

/** Reads a file row by row. Throws a plain `Error` where the file as a whole cannot be read on. */
export type RowReader = (file: string) => AsyncIterable<FileRow>;

/** Whether a value can be a row. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
