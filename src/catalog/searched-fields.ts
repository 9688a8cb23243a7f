import type { CatalogItem as Item } from './catalog-item.ts';
import { wordsOf } from './words.ts';

/** A part of a product that is searched. */
interface SearchedField {
  readonly name: string;
  /** What a word in it is worth. */
  readonly boost: number;
  readonly textOf: (item: Item) => string;
}

/** What follows says little more of the product, but costs memory and time to load. */
const describedBy = 200;

/** The most telling first. */
export const searchedFields: readonly SearchedField[] = [
  { name: 'codes', boost: 8, textOf: ({ id }) => id },
  { name: 'kind', boost: 3, textOf: ({ title }) => kindOf(title) },
  { name: 'title', boost: 8, textOf: ({ title }) => title },
  { name: 'brand', boost: 1, textOf: ({ brand = '' }) => brand },
  { name: 'category', boost: 2, textOf: ({ category = '' }) => category },
  { name: 'attributes', boost: 0.5, textOf: ({ attributes = [] }) => attributes.map(({ value }) => value).join(' ') },
  { name: 'description', boost: 1, textOf: ({ description = '' }) => description.slice(0, describedBy) },
];

/** The fields that say what a thing is. */
export const kindFields: ReadonlySet<number> = new Set(
  searchedFields.flatMap(({ name }, field) => (name === 'kind' || name === 'category' ? [field] : [])),
);

const units = 'mm|cm|m|km|inch|in|g|kg|mg|l|ml|cl|w|v|a|mah|gb|tb|mb|hz|mp|oz|lb|ft|watt|volt|zoll|liter|litre';
const unit = new RegExp(`^(?:${units})$`);
const measure = new RegExp(`^\\d+(?:${units})$`);

/** No name of a kind stands after that. */
const maxHead = 200;

/**
 * What a thing is, which English and German titles name last before any details: `Solid oak desk with two drawers` is a desk, and
 * `Cordless Drill 18V` a drill.
 */
export function kindOf(title: string): string {
  const head = title
    .slice(0, maxHead)
    .split(/[,(|–:;]|\s(?:-|with|for|in|of|mit|für|aus)\s/i)
    .find((part) => part.trim() !== '');
  const words = wordsOf(head ?? '');
  const end = words.findIndex(
    (word, place) => place > 0 && (measure.test(word) || (/^\d+$/.test(word) && unit.test(words[place + 1] ?? ''))),
  );
  const named = end === -1 ? words : words.slice(0, end);
  return named.findLast((word) => !/\d/.test(word)) ?? named.at(-1) ?? '';
}
