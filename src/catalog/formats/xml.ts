import { bareRow, type ColumnNames, type FileRow, type RowReader } from './row.ts';
import { createXmlScanner } from './xml-tokens.ts';

/** What feeds call a product: RSS, Atom, Google, Heureka, Yandex, and shops of their own. */
const productTags: ReadonlySet<string> = new Set(
  'item entry product shopitem offer article artikel produkt produit producto prodotto good row record listing'.split(
    ' ',
  ),
);

/** What nothing of a product is deeper than, and more than which no product has. Our choice. */
const maxDepth = 40;
const maxFields = 10_000;
const maxLength = 4 * 2 ** 20;

/** An element that is open, and what of it has come. */
interface Element {
  readonly name: string;
  readonly rank: number;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
  fields: Fields | undefined;
}

type Fields = Map<string, { readonly rank: number; values: unknown[] }>;

/**
 * The products of an XML feed, whatever its elements are called: the outermost that are named as products are, or else those in which
 * a title stands. A prefix does not count; where a field stands there twice, that of Google's namespace goes before one without.
 */
export const readXml: RowReader = async function* (text, names) {
  const found: FileRow[] = [];
  const builder = createBuilder(names, (row) => found.push(row));
  const scanner = createXmlScanner(builder);
  for await (const piece of text) {
    scanner.write(piece);
    yield* found.splice(0);
  }
  scanner.end();
  builder.end();
  yield* found.splice(0);
};

function createBuilder(names: ColumnNames, emit: (row: FileRow) => void) {
  const stack: Element[] = [];
  const categories = new Map<string, { readonly name: string; readonly parent: string | undefined }>();
  let line = 0;
  /** Where in the stack the product is; -1 outside of any. */
  let product = -1;
  let size = 0;
  let length = 0;
  let problem: string | undefined;
  const fail = (reason: string): void => {
    if (product >= 0) problem ??= reason;
  };
  const close = (): void => {
    const element = stack.pop();
    if (element === undefined) return;
    if (stack.length === product) {
      line += 1;
      if (problem !== undefined) emit({ line, reason: problem });
      else emit({ line, row: withCategory(rowOf(element), categories) });
      product = -1;
    } else if (product >= 0) addTo(stack.at(-1), element);
    else if (element.name === 'category' && element.attributes.has('id')) {
      const id = element.attributes.get('id') ?? '';
      if (categories.size < maxFields)
        categories.set(id, { name: element.text.trim(), parent: element.attributes.get('parentId') });
    } else if (element.fields !== undefined && [...element.fields.keys()].some((name) => names.isTitle(name))) {
      const row = rowOf(element);
      // Every feed has a title of its own; what is for sale has more.
      if (Object.keys(row).filter((name) => names.isKnown(name)).length > 2) {
        line += 1;
        emit({ line, row });
      }
    } else if (product < 0) addTo(stack.at(-1), { ...element, fields: undefined });
  };
  return {
    open(tag: string, attributes: ReadonlyMap<string, string>): void {
      const element: Element = { ...nameOf(tag), attributes, text: '', fields: undefined };
      if (product < 0 && productTags.has(element.name.toLowerCase())) {
        product = stack.length;
        size = 0;
        length = 0;
        problem = undefined;
      }
      if (stack.length >= maxDepth) throw new Error(`its elements are nested more than ${maxDepth} deep`);
      size += 1;
      if (size > maxFields) fail(`it has more than ${maxFields} fields`);
      stack.push(element);
    },
    text(text: string): void {
      const element = stack.at(-1);
      if (element === undefined || problem !== undefined) return;
      length += text.length;
      if (product >= 0 && length > maxLength) fail(`it has more than ${maxLength} characters`);
      else if (element.text.length < maxLength) element.text += text;
    },
    close(tag: string): void {
      const { name } = nameOf(tag);
      const place = stack.findLastIndex((element) => element.name === name);
      if (place !== stack.length - 1) fail(`its tags do not fit together: </${name.slice(0, 40)}>`);
      if (place === -1) return;
      while (stack.length > place) close();
    },
    end(): void {
      if (stack.length > 0) throw new Error(`<${stack.at(-1)?.name ?? ''}> is not closed: it is cut short`);
    },
  };
}

/** Prefixes of other vocabularies that stand in feeds: they say less of a product than its own fields. */
const strangers: ReadonlySet<string> = new Set([
  'media',
  'dc',
  'content',
  'atom',
  'slash',
  'wfw',
  'itunes',
  'sy',
  'thr',
]);

function nameOf(tag: string): Pick<Element, 'name' | 'rank'> {
  const colon = tag.indexOf(':');
  if (colon === -1) return { name: tag, rank: 1 };
  return { name: tag.slice(colon + 1), rank: strangers.has(tag.slice(0, colon)) ? 2 : 0 };
}

function addTo(parent: Element | undefined, element: Element): void {
  if (parent === undefined) return;
  parent.fields ??= new Map();
  const { name, rank } = element;
  const known = parent.fields.get(name);
  const value = valueOf(element);
  if (value === '') return;
  if (known === undefined || rank < known.rank) parent.fields.set(name, { rank, values: [value] });
  else if (rank === known.rank && known.values.length < maxFields) known.values.push(value);
  const currency = element.attributes.get('currency');
  if (currency !== undefined && !parent.fields.has('currency'))
    parent.fields.set('currency', { rank: 2, values: [currency] });
}

/** A text, or what an element has within; `<param name="Colour">red</param>` is a name and its value. */
function valueOf(element: Element): unknown {
  const text = element.text.trim();
  if (element.fields !== undefined) return rowOf(element);
  const key = element.attributes.get('name');
  if (key !== undefined && text !== '') return { key, value: text };
  // Atom's link
  return text === '' ? (element.attributes.get('href') ?? '') : text;
}

/** What stands in an element once as it is, and what stands there several times as a list; its attributes where no field is called so. */
function rowOf({ attributes, fields = new Map() }: Element): Readonly<Record<string, unknown>> {
  const row = bareRow();
  for (const [name, value] of attributes) if (!name.startsWith('xmlns') && !fields.has(name)) row[name] = value;
  for (const [name, { values }] of fields) row[name] = values.length === 1 ? values[0] : values;
  return row;
}

/** Yandex names a category by its number, and tells what the numbers mean before the products. */
function withCategory(
  row: Readonly<Record<string, unknown>>,
  categories: ReadonlyMap<string, { readonly name: string; readonly parent: string | undefined }>,
): Readonly<Record<string, unknown>> {
  const id = row['categoryId'];
  if (typeof id !== 'string' || !categories.has(id)) return row;
  const path: string[] = [];
  for (let next = categories.get(id); next !== undefined && path.length < maxDepth; ) {
    path.unshift(next.name);
    next = next.parent === undefined ? undefined : categories.get(next.parent);
  }
  return Object.assign(bareRow(), row, { category: path.join(' > ') });
}
