import { setImmediate } from 'node:timers/promises';
import type { Item } from '../canonical/index.ts';
import type { RejectedRow } from './catalog.ts';
import { RowError } from './cells.ts';
import { createColumnReader } from './columns.ts';
import { readGoogleXml } from './formats/google-xml.ts';
import { readNdjson } from './formats/ndjson.ts';
import type { FileRow, RowReader } from './formats/row.ts';
import { readCsv, readTsv } from './formats/separated.ts';
import { type Product, readProduct } from './product.ts';
import { wordsOf } from './words.ts';

export type CatalogFormat = 'ndjson' | 'csv' | 'tsv' | 'xml';

/** Where products come from. */
export interface CatalogSource {
  readonly file: string;
  /** Known by the file's ending if absent: `.json`, `.jsonl` and `.ndjson`, `.csv`, `.tsv` and `.txt`, `.xml` and `.rss`. */
  readonly format?: CatalogFormat;
  /** A field of `Item`, or `attributes.<name>`, and the column that the file has for it. */
  readonly fields?: Readonly<Record<string, string>>;
  /** ISO 4217, for prices that name none. */
  readonly currency?: string;
}

/** What a file holds. */
export interface LoadedProducts {
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
}

const readers: Readonly<Record<CatalogFormat, RowReader>> = {
  ndjson: readNdjson,
  csv: readCsv,
  tsv: readTsv,
  xml: readGoogleXml,
};

const endings: Readonly<Record<string, CatalogFormat>> = {
  ...{ ndjson: 'ndjson', jsonl: 'ndjson', json: 'ndjson' },
  ...{ csv: 'csv', tsv: 'tsv', txt: 'tsv' },
  ...{ xml: 'xml', rss: 'xml', atom: 'xml' },
};

const maxRejectedShown = 100;

/** After so many rows others get a turn on the event loop. */
const rowsPerTurn = 500;

/**
 * Reads all products of a file, in its order. A row that is no product is left out and told; a file that cannot be read on, or in
 * which not one row is a product, throws a plain `Error` that names the file and says what was expected.
 */
export async function loadProducts(source: CatalogSource): Promise<LoadedProducts> {
  const collector = createCollector(source);
  try {
    for await (const entry of readers[formatOf(source)](source.file)) {
      collector.add(entry);
      if (collector.rows % rowsPerTurn === 0) await setImmediate();
    }
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The catalogue ${source.file} cannot be read: ${what}`, { cause });
  }
  const { items, rejected, rejectedCount } = collector;
  if (items.length > 0) return { items, rejected, rejectedCount };
  const [first] = rejected;
  const why = first === undefined ? 'it has no rows' : `${source.file}:${first.line}: ${first.reason}`;
  throw new Error(`The catalogue ${source.file} holds no product (${rejectedCount} rows were refused): ${why}`);
}

function formatOf({ file, format }: CatalogSource): CatalogFormat {
  const known = format ?? endings[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (known !== undefined) return known;
  throw new Error('its ending tells no format; set `format` to ndjson, csv, tsv or xml');
}

function createCollector({ fields, currency }: CatalogSource) {
  const readColumns = createColumnReader(fields);
  const nameProduct = createNaming();
  const items: Item[] = [];
  const rejected: RejectedRow[] = [];
  const state = { items, rejected, rejectedCount: 0, rows: 0, add };
  const reject = (row: RejectedRow) => {
    state.rejectedCount += 1;
    if (rejected.length < maxRejectedShown) rejected.push(row);
  };
  function add(entry: FileRow): void {
    state.rows += 1;
    const { line } = entry;
    if ('reason' in entry) {
      reject({ line, reason: entry.reason });
      return;
    }
    try {
      items.push(nameProduct(readProduct(readColumns(entry.row), currency), line));
    } catch (thrown) {
      if (!(thrown instanceof RowError)) throw thrown;
      reject({ line, reason: thrown.message });
    }
  }
  return state;
}

/** Ids are the file's own; a product without one is called after its title, with a number where that is taken. */
function createNaming(): (product: Product, line: number) => Item {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  const freeName = (name: string) => {
    let free = name;
    for (let count = counts.get(name) ?? 1; lines.has(free); ) {
      count += 1;
      free = `${name}-${count}`;
      counts.set(name, count); // where to go on the next time
    }
    return free;
  };
  return (product, line) => {
    const { id = freeName(wordsOf(product.title).join('-') || 'product'), ...rest } = product;
    const before = lines.get(id);
    if (before !== undefined) throw new RowError(`the id ${id.slice(0, 60)} is that of line ${before} already`);
    lines.set(id, line);
    return { id, ...rest };
  };
}
