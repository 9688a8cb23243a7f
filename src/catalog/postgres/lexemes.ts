import type { CatalogItem } from '../catalog-item.ts';
import { categoryParts } from '../facets.ts';
import { kindOf, searchedFields } from '../searched-fields.ts';
import { stopWords } from '../stop-words.ts';
import { fold, stemOf, wordsOf } from '../words.ts';

/** What a word is worth by where it stands, of four classes that a `tsvector` knows; from the most telling to the least. */
const classes = {
  A: { fields: ['kind'], worth: 1 },
  B: { fields: ['codes', 'title'], worth: 0.75 },
  C: { fields: ['category'], worth: 0.2 },
  D: { fields: ['brand', 'attributes', 'description'], worth: 0.1 },
} as const;

/** As `ts_rank` takes it: from D to A. */
export const worths = `{${classes.D.worth},${classes.C.worth},${classes.B.worth},${classes.A.worth}}`;

/** The text of each class in a product. */
const texts = Object.entries(classes).map(([letter, { fields }]) => {
  const names: readonly string[] = fields;
  const parts = searchedFields.filter(({ name }) => names.includes(name));
  return { letter, textOf: (item: CatalogItem): string => parts.map(({ textOf }) => textOf(item)).join(' ') };
});

/** What else is looked up of a product by one lexeme, and what that begins with: no stem has a colon. */
export const marks = { kind: 'k:', title: 't:', brand: 'b:', category: 'c:' } as const;

/** A `tsvector` takes no longer lexemes, and no product needs more of them. */
const maxLexeme = 200;
const maxLexemes = 4_000;

/** A lexeme as texts of `tsvector` and `tsquery` have it, whatever it holds. */
export const quoted = (lexeme: string): string =>
  `'${lexeme.slice(0, maxLexeme).replace(/\0/g, '').replace(/['\\]/g, '$&$&')}'`;

const stemsOf = (text: string): readonly string[] =>
  wordsOf(text)
    .filter((word) => !stopWords.has(word))
    .map((word) => stemOf(word).slice(0, maxLexeme));

/**
 * What a product is found by, as the text of a `tsvector`: the same stems as in memory, whatever the language, and its kind, title, brand
 * and category as marks.
 */
export function vectorOf(item: CatalogItem): string {
  const places = new Map<string, string>();
  for (const { letter, textOf } of texts) {
    for (const stem of new Set(stemsOf(textOf(item)))) {
      const before = places.get(stem);
      if (before !== undefined) places.set(stem, `${before},${before.length}${letter}`);
      else if (places.size < maxLexemes) places.set(stem, `1${letter}`);
    }
  }
  const parts = categoryParts(item.category);
  const marked = new Set([
    ...[kindOf(item.title), ...parts].flatMap(stemsOf).map((stem) => marks.kind + stem),
    ...stemsOf(item.title).map((stem) => marks.title + stem),
    marks.brand + fold(item.brand ?? ''),
    ...[item.category ?? '', ...parts].map((part) => marks.category + fold(part)),
  ]);
  const worded = Array.from(places, ([stem, place]) => `${quoted(stem)}:${place}`);
  return [...worded, ...Array.from(marked, quoted)].join(' ');
}
