import { setImmediate } from 'node:timers/promises';
import type { RejectedRow } from './catalog.ts';
import type { CatalogItem } from './catalog-item.ts';
import { createCollector } from './collector.ts';
import { type ColumnReader, createColumnReader } from './columns.ts';
import type { FieldErrors } from './field-errors.ts';
import { readJson } from './formats/json.ts';
import type { FileRow, RowReader } from './formats/row.ts';
import { readSeparated } from './formats/separated.ts';
import { readText } from './formats/text.ts';
import { readXml } from './formats/xml.ts';
import { readShop } from './shops/index.ts';

export type CatalogFormat = 'ndjson' | 'json' | 'csv' | 'tsv' | 'xml';

/** Where products come from. */
export interface CatalogSource {
  readonly file: string;
  /** What the file holds, if that is known: otherwise how it begins tells. */
  readonly format?: CatalogFormat;
  /** A field of `Item`, or `attributes.<name>`, and the column that the file has for it. */
  readonly fields?: Readonly<Record<string, string>>;
  /** ISO 4217, for prices that name none. */
  readonly currency?: string;
}

/** What a product is from a moment on, in milliseconds since 1970: a sale begins or ends, or an offer does. */
export interface Change {
  readonly at: number;
  readonly item: CatalogItem;
}

/** What a file holds. */
export interface LoadedProducts {
  /** As they are at the time of loading. */
  readonly items: readonly CatalogItem[];
  /** The earliest first. */
  readonly changes: readonly Change[];
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly fieldErrors: FieldErrors;
}

/** After so many rows others get a turn on the event loop. */
const rowsPerTurn = 200;

/**
 * Reads all products of a file, in its order. A row that is no product is left out and told, and so is a field that cannot be read; a
 * file that cannot be read on, that is cut short, or in which not one row is a product, throws a plain `Error` that names the file and
 * says what was expected.
 */
export async function loadProducts(source: CatalogSource, now = Date.now()): Promise<LoadedProducts> {
  const { file } = source;
  const readColumns = createColumnReader(source.fields);
  const collector = createCollector({ readColumns, usual: source.currency, now });
  let rows = 0;
  try {
    for await (const entry of readShop(readRows(source, readColumns))) {
      collector.add(entry);
      rows += 1;
      if (rows % rowsPerTurn === 0) await setImmediate();
    }
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The catalogue ${file} cannot be read: ${what}`, { cause });
  }
  const loaded = await collector.finish();
  if (loaded.items.length > 0) return loaded;
  const [first] = loaded.rejected;
  const why = first === undefined ? 'it has no rows' : `${file}:${first.line}: ${first.reason}`;
  throw new Error(`The catalogue ${file} holds no product (${loaded.rejectedCount} rows were refused): ${why}`);
}

async function* readRows({ file, format }: CatalogSource, names: ColumnReader): AsyncGenerator<FileRow> {
  const text = readText(file);
  let head = '';
  for (let next = await text.next(); next.done !== true; next = await text.next()) {
    head += next.value;
    if (head.trimStart() !== '') break;
  }
  async function* whole(): AsyncGenerator<string> {
    yield head.trimStart();
    yield* text;
  }
  yield* readerOf(head.trimStart(), format)(whole(), names);
}

/** How a file begins goes before what it is called: many a feed is called `.txt`. */
function readerOf(head: string, format: CatalogFormat | undefined): RowReader {
  if (head.startsWith('<')) return readXml;
  if (head.startsWith('{') || head.startsWith('[')) return readJson;
  return format === 'json' || format === 'ndjson' ? readJson : format === 'xml' ? readXml : readSeparated;
}
