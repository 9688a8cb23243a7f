import type { Attribute } from '../canonical/index.ts';
import { isOnSale } from './catalog-item.ts';
import { optionNames } from './column-names.ts';
import { plainName } from './columns.ts';
import type { Draft } from './draft.ts';
import { maxOptionLength, maxVariants } from './product.ts';

const optionKeys: ReadonlySet<string> = new Set(optionNames.split(/\s+/).map(plainName));

/**
 * Rows that are choices of one product as that product, or each for itself where they have nothing in common: some shops name a
 * category there. The row of the product itself, if there is one, says what it is; otherwise what they all say is said of it.
 */
export function joinGroup(rows: readonly Draft[]): readonly Draft[] {
  const parent = rows.find(({ isParent }) => isParent);
  // A choice that is not shown by itself is shown with its product.
  const isShown = ({ item }: Draft) => item.status === 'hidden' || isOnSale(item);
  const members = rows.filter((row) => row !== parent && isShown(row)).slice(0, maxVariants);
  const [first] = members;
  if (first === undefined) return parent === undefined ? rows : [parent];
  if (parent !== undefined) {
    const known =
      parent.variants.length > 0
        ? parent.variants
        : members.map((row) => ({ ...row, options: optionsOf(row, members) }));
    return [{ ...parent, item: filled(parent, members), variants: known }];
  }
  const title = members.some(({ variants }) => variants.length > 0) ? undefined : commonTitle(members);
  if (title === undefined) return rows.map((row) => ({ ...row, options: [] }));
  const variants = members.map((row) => ({ ...row, options: optionsOf(row, members) }));
  const attributes = (first.item.attributes ?? []).filter((attribute) =>
    members.every((row) => hasAttribute(row, attribute)),
  );
  const { id: _, attributes: __, ...item } = first.item;
  const { group, ...head } = first;
  return [
    {
      ...head,
      item: { ...item, ...(group !== undefined && { id: group }), title, ...(attributes.length > 0 && { attributes }) },
      pricing: {},
      stock: {},
      options: [],
      variants,
    },
  ];
}

/** What the product's own row leaves to its choices. */
function filled(parent: Draft, members: readonly Draft[]): Draft['item'] {
  const [first] = members;
  const { url, imageUrl, brand, category } = first?.item ?? {};
  return {
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(brand !== undefined && { brand }),
    ...(category !== undefined && { category }),
    ...parent.item,
  };
}

const hasAttribute = (row: Draft, { key, value }: Attribute): boolean =>
  row.item.attributes?.some((other) => other.key === key && other.value === value) === true;

/** What a row says of itself, or else the attributes that can be chosen by and that differ among the rows; all such if none does. */
function optionsOf(row: Draft, members: readonly Draft[]): readonly Attribute[] {
  if (row.options.length > 0) return row.options;
  const able = (row.item.attributes ?? []).filter(({ key }) => optionKeys.has(plainName(key)));
  const differing = able.filter((attribute) => !members.every((member) => hasAttribute(member, attribute)));
  return differing.length > 0 ? differing : able;
}

/** The title that rows have in common: each one's without the values of its options, or else the words with which all begin. */
function commonTitle(members: readonly Draft[]): string | undefined {
  const titles = new Set(members.map(({ item }) => item.title ?? ''));
  const [only = ''] = titles;
  if (titles.size === 1) return only === '' ? undefined : only;
  const bare = new Set(members.map((row) => bareTitle(row)));
  const [same = ''] = bare;
  if (bare.size === 1 && same !== '') return same;
  const words = [...titles].map((title) => title.split(/\s+/));
  const [first = []] = words;
  const end = first.findIndex((word, place) => words.some((other) => other[place] !== word));
  const common = trimmed(first.slice(0, end === -1 ? first.length : end).join(' '));
  // One word that all begin with may be the brand.
  return common !== '' && (common.includes(' ') || first.length <= 2) && common !== members[0]?.item.brand
    ? common
    : undefined;
}

function bareTitle({ item, options }: Draft): string {
  const able = (item.attributes ?? []).filter(
    ({ key, value }) => optionKeys.has(plainName(key)) && value.length <= maxOptionLength,
  );
  const values = [...able, ...options].map(({ value }) => value).toSorted((a, b) => b.length - a.length);
  const title = values.reduce(
    (text, value) => text.replace(new RegExp(`(^|[\\s,/(|–-])${escape(value)}(?=$|[\\s,/)|–-])`, 'i'), '$1'),
    item.title ?? '',
  );
  return trimmed(title);
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Without what stood between the words that are gone. */
const trimmed = (text: string): string =>
  text
    .replace(/\(\s*(?:[,/]+\s*)?\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/(?<![-–|,/(:\s])(?:\s*[-–|,/(:])+\s*$/, '')
    .trim();
