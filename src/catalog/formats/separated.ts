import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { type FileRow, isRow, type RowReader } from './row.ts';
import { groupShopifyRows, isShopifyExport } from './shopify.ts';

/** Comma-separated values with a header line. A Shopify product export is known by its header, and its variants are put together. */
export const readCsv: RowReader = (file) => readSeparated(file, [',', ';']);

/** Tab-separated values with a header line, as Google Merchant feeds are. */
export const readTsv: RowReader = (file) => readSeparated(file, ['\t']);

async function* readSeparated(file: string, delimiter: readonly string[]): AsyncGenerator<FileRow> {
  const rows = parseRows(file, await delimiterOf(file, delimiter));
  const first = await rows.next();
  if (first.done) return;
  const all = resumed(first.value, rows);
  yield* 'row' in first.value && isShopifyExport(first.value.row) ? groupShopifyRows(all) : all;
}

async function* resumed(first: FileRow, rest: AsyncIterable<FileRow>): AsyncGenerator<FileRow> {
  yield first;
  yield* rest;
}

/** The delimiter that stands most often in the header line. */
async function delimiterOf(file: string, candidates: readonly string[]): Promise<string> {
  let header = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', end: 65_535 })) {
    header += String(chunk);
    if (header.includes('\n')) break;
  }
  const line = header.split('\n', 1)[0] ?? '';
  const count = (delimiter: string) => line.split(delimiter).length;
  return candidates.reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

async function* parseRows(file: string, delimiter: string): AsyncGenerator<FileRow, void> {
  const tabs = delimiter === '\t';
  const parser = createReadStream(file).pipe(
    parse({
      bom: true,
      columns: (header: readonly string[]) => header.map((name) => name.trim()),
      delimiter,
      info: true,
      // Google's tab-separated feeds do not quote: a quotation mark there is an inch.
      ...(tabs ? { quote: false } : { relax_quotes: true }),
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 1_048_576,
    }),
  );
  for await (const entry of parser) {
    const { record, info } = entry as { record: unknown; info: { lines: number } }; // what `info: true` gives
    if (isRow(record)) yield { line: info.lines, row: record };
  }
}
