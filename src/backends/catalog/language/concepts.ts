import { LRUCache } from 'lru-cache';
import { stemOf, wordsOf } from '../../../catalog/index.ts';
import { aspects, colours, kinds, people, shades, traits } from './tables.ts';

/** Names of more than one word, and one word for the same thing. */
const compounds: readonly (readonly [RegExp, string])[] = [
  [/\bsacs? a dos\b/g, 'rucksack'],
  [/\b(?:sweats?|pulls?) a capuche\b/g, 'hoodie'],
  [/\btiendas? de campana\b/g, 'zelt'],
  [/\bappareils? photos?\b/g, 'kamera'],
  [/\bsacs? de couchage\b/g, 'sleeping bag'],
  [/\bsacos? de dormir\b/g, 'sleeping bag'],
  [/\bbolsas? de dormir\b/g, 'sleeping bag'],
  [/\bmacchin[ae] fotografic\w+\b/g, 'kamera'],
];

/** Text in which a name of several words that the catalogue may have as one stands as one. */
export const joinCompounds = (text: string): string =>
  compounds.reduce((joined, [pattern, word]) => joined.replace(pattern, word), text);

/** Rows of a table by the words in them as they stand, or else by what their other forms have in common. */
interface Rows {
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly rooted: ReadonlyMap<string, readonly number[]>;
}

/** What an inflected noun has in common with its other forms, in any of the languages. For comparing only. */
export const rootOf = (word: string): string => cut(word, /(?:nes|ies|e[ns]|as|os|[aeoisnxy])$/);

/** The same of an adjective: `schwarzer`. */
const adjectiveRootOf = (word: string): string => cut(word, /(?:nes|ies|e[nrsm]|as|os|[aeoisnxy])$/);

function cut(word: string, ending: RegExp): string {
  if (word.endsWith('ss')) return word;
  const root = word.replace(ending, '');
  return root.length >= 3 ? root : word;
}

const split = (row: string): readonly string[] => row.split(' ');

function rowsOf(table: readonly string[], keyOf = rootOf): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, number[]>();
  for (const [row, words] of table.entries())
    for (const word of split(words)) {
      const known = rows.get(keyOf(word)) ?? [];
      rows.set(keyOf(word), known.includes(row) ? known : [...known, row]);
    }
  return rows;
}

const indexed = (table: readonly string[]): Rows => ({ exact: rowsOf(table, (word) => word), rooted: rowsOf(table) });

/** A sister is no brother, though `hermana` and `hermano` have the same root. */
function rowsFor({ exact, rooted }: Rows, word: string): readonly number[] {
  const known = exact.get(word);
  if (known !== undefined) return known;
  // `mesas` are tables in Spanish, though a `mes` is a Dutch knife.
  for (const ending of endings) {
    const rows = word.endsWith(ending) ? exact.get(word.slice(0, -ending.length)) : undefined;
    if (rows !== undefined) return rows;
  }
  return rooted.get(rootOf(word)) ?? [];
}

const endings = ['s', 'es', 'n', 'en', 'e'];

const exactColours = rowsOf(colours, (word) => word);
const colourRows = rowsOf(colours, adjectiveRootOf);
const shadeRows = rowsOf(shades, adjectiveRootOf);
const things = [...colours, ...kinds, ...people, ...traits];
const thingRows = indexed(things);
const aspectRows = indexed(aspects);
const [kindRows, peopleRows] = [indexed(kinds), indexed(people)];

/** So many words are remembered: the same ones are asked for again and again. */
const maxRemembered = 5_000;

function remembering<Value extends number | string | readonly string[]>(
  find: (word: string) => Value,
): (word: string) => Value {
  const known = new LRUCache<string, Value>({ max: maxRemembered });
  return (word) => {
    const value = known.get(word) ?? find(word);
    known.set(word, value);
    return value;
  };
}

/** Which colours a word names; it may be the end of a longer one: `dunkelblau`. */
function findColour(word: string): number | undefined {
  const root = adjectiveRootOf(word);
  // Grey and green have the same root.
  const [row] = exactColours.get(word) ?? colourRows.get(root) ?? [];
  if (row !== undefined || root.length < 7) return row;
  for (const [name, [place]] of colourRows) if (name.length > 2 && root.endsWith(name)) return place;
  return undefined;
}

const rememberedColour = remembering((word): number | 'none' => findColour(word) ?? 'none');

function colourOf(word: string): number | undefined {
  const row = rememberedColour(word);
  return row === 'none' ? undefined : row;
}

/** Whether a folded word names a colour. */
export const isColour = (word: string): boolean => colourOf(word) !== undefined;

/** How a colour that was asked for stands to one that a catalogue names. */
export function compareColours(asked: string, named: string): 'same' | 'other' | 'unclear' {
  const row = colourOf(asked);
  const words = wordsOf(named);
  const isForm = (word: string): boolean => colourOf(word) === row && adjectiveRootOf(word) === adjectiveRootOf(asked);
  if (words.some((word) => word === asked || isForm(word))) return 'same';
  if (row === undefined) return 'unclear';
  if (words.some((word) => colourOf(word) === row)) return 'same';
  if (words.some((word) => (shadeRows.get(adjectiveRootOf(word))?.length ?? 0) > 0 && !isColour(word))) {
    const near = words.flatMap((word) => shadeRows.get(adjectiveRootOf(word)) ?? []);
    return near.some((place) => colourOf(split(shades[place] ?? '')[0] ?? '') === row) ? 'unclear' : 'other';
  }
  return words.length > 0 && words.every(isColour) ? 'other' : 'unclear';
}

const wordsFor = (word: string, rows: Rows, table: readonly string[]): readonly string[] => [
  ...new Set([word, ...rowsFor(rows, word).flatMap((row) => split(table[row] ?? ''))]),
];

/** A word, and those of other languages for the same thing. */
export const sameThing = remembering((word): readonly string[] => wordsFor(word, thingRows, things));

/** The same as stems. */
export const sameStems = remembering((word): readonly string[] => [...new Set(sameThing(word).map(stemOf))]);

/** A word, and those by which a catalogue may tell what it asks for; only itself where it asks for nothing known. */
export const sameAspect = (word: string): readonly string[] => [
  ...new Set([...wordsFor(word, aspectRows, aspects), ...sameThing(word)]),
];

/** Whether a word is one of the six languages' for a thing, a property, or whom it is for. */
export const isThing = (word: string): boolean => rowsFor(thingRows, word).length > 0;

/** Whether a word names a kind of product, and nothing that a product may have or be made of. */
export const isKind = (word: string): boolean => rowsFor(kindRows, word).length > 0;

/** Whether a word says whom a product is for. */
export const isPerson = (word: string): boolean => rowsFor(peopleRows, word).length > 0;

/** No part of a compound is shorter. */
const leastPart = 3;

const isNoun = (word: string): boolean =>
  thingRows.exact.has(word) ||
  endings.some((ending) => word.endsWith(ending) && thingRows.exact.has(word.slice(0, -ending.length)));

/** A compound of German or Dutch as what it is made of, where it ends with a thing: `winterjacke` is a `jacke`; empty for others. */
export function splitNoun(word: string): readonly string[] {
  if (isThing(word) || isAspect(word)) return [];
  for (let place = leastPart; place <= word.length - leastPart; place += 1) {
    const tail = word.slice(place);
    if (isNoun(tail)) return [word.slice(0, place), tail];
  }
  return [];
}

/** Whether a word asks for an aspect of a product, such as its weight. */
export const isAspect = (word: string): boolean => rowsFor(aspectRows, word).length > 0;
