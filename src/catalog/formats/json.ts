import { type JsonText, splitJson } from './json-values.ts';
import { maxLineLength, readLines } from './lines.ts';
import { type ColumnNames, type FileRow, isRow, type RowReader } from './row.ts';

/**
 * JSON of any of these shapes: an array of products; one a line; several after one another; one object that has them within, under
 * whatever name, as answers of shops' APIs do; and JSON-LD graphs.
 */
export const readJson: RowReader = async function* (text, names) {
  const { isLines, whole } = await lookAt(text);
  if (isLines) yield* readJsonLines(whole, names);
  else {
    let entry = 0;
    for await (const value of splitJson(whole)) {
      for (const found of rowsOf(value, names)) {
        entry += 1;
        yield { line: entry, ...found };
      }
    }
  }
};

/** Whether each line is a value of its own, by the first; and the text with what was looked at. */
async function lookAt(text: AsyncIterable<string>) {
  const source = text[Symbol.asyncIterator]();
  let head = '';
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    head += next.value;
    if (head.trimStart().includes('\n') || head.length > maxLineLength) break;
  }
  const first = head.trimStart().split('\n', 1)[0] ?? '';
  async function* whole(): AsyncGenerator<string> {
    yield head;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  }
  const isOneLine = !head.trimStart().includes('\n') && head.length > maxLineLength;
  const begins = /^\[|^\{\s*$|^\{.*[,{[]\s*$/.test(first);
  return { isLines: !isOneLine && (!begins || (isJson(first) && !first.startsWith('['))), whole: whole() };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function* readJsonLines(text: AsyncIterable<string>, names: ColumnNames): AsyncGenerator<FileRow> {
  for await (const { number: line, text: json, isTooLong, isLast } of readLines(text)) {
    if (isTooLong) yield { line, reason: `a line is longer than ${maxLineLength} characters` };
    else if (json.trim() !== '') {
      if (isLast && json.startsWith('{') && !json.trimEnd().endsWith('}')) {
        throw new Error('its last line is no whole JSON value: it is cut short');
      }
      for (const found of rowsOf({ text: json }, names, 'a line')) yield { line, ...found };
    }
  }
}

type Found = { readonly row: Readonly<Record<string, unknown>> } | { readonly reason: string };

function rowsOf(value: JsonText, names: ColumnNames, what = 'an entry'): readonly Found[] {
  if ('reason' in value) return [value];
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.text);
  } catch {
    return [{ reason: `${what === 'a line' ? 'the line' : what} is not JSON` }];
  }
  if (!isRow(parsed))
    return [{ reason: what === 'a line' ? 'a line must be one JSON object' : 'an entry must be an object' }];
  const rows = productsIn(parsed, names);
  return rows.map((row) => ({ row }));
}

/** Answers of APIs have their products some levels down: `data.products.edges[].node`. */
const maxLevels = 6;

/** The usual names of what holds products, the most telling first. */
const holders = [
  'products',
  'items',
  '@graph',
  'itemListElement',
  'item',
  'mainEntity',
  'edges',
  'nodes',
  'node',
  'offers',
  'data',
  'results',
];

type Content = Readonly<Record<string, unknown>>;

/** The products that an object has within, or else the object itself. */
function productsIn(value: Content, names: ColumnNames): readonly Content[] {
  const found = search(value, names, maxLevels);
  return found.length > 0 || '@type' in value || '@graph' in value ? found : [value];
}

function search(value: Content, names: ColumnNames, levels: number): readonly Content[] {
  if (levels === 0) return [];
  if (isProduct(value, names)) return [value];
  const rankOf = (name: string): number => (holders.includes(name) ? holders.indexOf(name) : holders.length);
  const parts = Object.entries(value).toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  for (const [, part] of parts) {
    const entries = (Array.isArray(part) ? part : [part]).filter(isRow);
    const found = entries.flatMap((entry) => search(entry, names, levels - 1));
    if (found.length > 0) return found;
  }
  return [];
}

/** What has a title is a product, unless it has a list of what has titles: that is a shop, or a page of its products. */
function isProduct(value: Content, names: ColumnNames): boolean {
  const isTitled = (part: Content): boolean =>
    Object.entries(part).some(([name, text]) => names.isTitle(name) && typeof text === 'string');
  if (!isTitled(value)) return false;
  if ('@type' in value) return /product|vehicle|book/i.test(String(value['@type']));
  const lists = ['products', 'items'].flatMap((name) => value[name]).filter(isRow);
  return 'price' in value || !lists.some(isTitled);
}
