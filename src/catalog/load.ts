import { setImmediate } from 'node:timers/promises';
import type { RejectedRow } from './catalog.ts';
import type { CatalogItem } from './catalog-item.ts';
import { type CollectorContext, createCollector, LateParent } from './collector.ts';
import { type ColumnReader, createColumnReader } from './columns.ts';
import type { FieldErrors } from './field-errors.ts';
import { readJson } from './formats/json.ts';
import type { FileRow, RowReader } from './formats/row.ts';
import { readSeparated } from './formats/separated.ts';
import { readText } from './formats/text.ts';
import { readXml } from './formats/xml.ts';
import { requireMemory } from './packed/numbers.ts';
import { createPriceStyle, LateStyle } from './price-style.ts';
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
  /** A file with more is refused. */
  readonly maxProducts?: number;
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

/** What of a file could not be read. */
export type ReadReport = Omit<LoadedProducts, 'items' | 'changes'>;

/** Is given each product as it is at the time of reading, and what becomes of it later, the earliest first. */
export type TakeProduct = (item: CatalogItem, changes: readonly Change[]) => void;

/** How products are read. */
export interface Reading {
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly begin: () => TakeProduct;
  readonly pause?: Pause;
}

/** Is awaited after every so many rows, and products: others on the event loop go on meanwhile, and what was given can be put away. */
export type Pause = () => Promise<void>;

/**
 * Reads all products of a file, in its order, and gives them one by one. A row that is no product is left out and told, and so is a field
 * that cannot be read; a file that cannot be read on, that is cut short, or in which not one row is a product, throws a plain `Error` that
 * names the file and says what was expected. `begin` is called again where all products come anew.
 */
export async function readProducts(
  source: CatalogSource,
  { now, begin, pause = setImmediate }: Reading,
): Promise<ReadReport> {
  const { file } = source;
  const { products, report } = await readKnowing(source, { now, begin, pause }).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (products > 0) return report;
  const [first] = report.rejected;
  const why = first === undefined ? 'it has no rows' : `${file}:${first.line}: ${first.reason}`;
  throw new Error(`The catalogue ${file} holds no product (${report.rejectedCount} rows were refused): ${why}`);
}

/** Reads a file, and anew where its later rows say how earlier ones are to be read: once for each of the two things that they may say. */
async function readKnowing(
  source: CatalogSource,
  { now, begin, pause }: Required<Reading>,
): ReturnType<typeof readOnce> {
  const once = (keepsAll: boolean, style = createPriceStyle()): ReturnType<typeof readOnce> =>
    readOnce(source, { now, pause, keepsAll, style, take: begin() }).catch((thrown: unknown) => {
      if (thrown instanceof LateParent) return once(true);
      if (thrown instanceof LateStyle) return once(keepsAll, createPriceStyle(thrown.signs));
      throw thrown;
    });
  return once(false);
}

/** Why a file cannot be read, with its name. */
export function unreadable(file: string, cause: unknown): Error {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new Error(`The catalogue ${file} cannot be read: ${what}`, { cause });
}

/** After so many rows others get a turn on the event loop; after so many turns it is seen whether there is memory left. */
const rowsPerTurn = 200;
const turnsPerLook = 50;

async function readOnce(source: CatalogSource, settings: Omit<CollectorContext, 'readColumns' | 'usual'>) {
  const { maxProducts = Infinity } = source;
  const readColumns = createColumnReader(source.fields);
  let products = 0;
  const take: TakeProduct = (item, changes) => {
    products += 1;
    if (products > maxProducts) {
      throw new Error(`it holds more than ${maxProducts} products: \`maxProducts\` says how many may be`);
    }
    settings.take(item, changes);
  };
  const collector = createCollector({ ...settings, readColumns, usual: source.currency, take });
  let rows = 0;
  for await (const entry of readShop(readRows(source, readColumns))) {
    collector.add(entry);
    rows += 1;
    if (rows % rowsPerTurn !== 0) continue;
    await settings.pause();
    if (rows % (rowsPerTurn * turnsPerLook) === 0) requireMemory();
  }
  await collector.finish();
  return { products, report: collector.report() };
}

/** Reads all products of a file as `readProducts` does, and gives them together. */
export async function loadProducts(source: CatalogSource, now = Date.now()): Promise<LoadedProducts> {
  let items: CatalogItem[] = [];
  let changes: Change[] = [];
  const begin = (): TakeProduct => {
    [items, changes] = [[], []];
    return (item, later) => {
      items.push(item);
      changes.push(...later);
    };
  };
  const report = await readProducts(source, { now, begin });
  return { items, changes: changes.sort((a, b) => a.at - b.at), ...report };
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
