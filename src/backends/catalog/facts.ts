import { type CatalogItem as Item, isLike, stemOf, wordsOf } from '../../catalog/index.ts';
import { compareColours, isColour, rootOf, sameAspect, sameStems, sameThing } from './language/concepts.ts';
import { isColourKey } from './reading/sizes.ts';

/** The words of a product, as stems. */
interface Bag {
  /** Of its title, its brand and its id: what it is called. */
  readonly names: ReadonlySet<string>;
  /** Of these, its category and its attributes: what it is listed as. */
  readonly labels: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
  /** Words of its title that name colours. */
  readonly colours: readonly string[];
  /** Its colours as attributes. */
  readonly listed: readonly string[];
}

const bags = new WeakMap<Item, Bag>();
/** More of a description is no statement that is looked for. */
const maxDescription = 4_000;

function bagOf(item: Item): Bag {
  const known = bags.get(item);
  if (known !== undefined) return known;
  const stems = (texts: readonly (string | undefined)[]) =>
    texts.flatMap((text) => (text === undefined ? [] : wordsOf(text).map(stemOf)));
  const names = new Set(stems([item.title, item.brand, item.id]));
  const attributes = (item.attributes ?? []).flatMap(({ key, value }) => stems([key, value]));
  const labels = new Set([...names, ...stems([item.category]), ...attributes]);
  const bag: Bag = {
    colours: wordsOf(item.title).filter(isColour),
    listed: (item.attributes ?? []).filter(({ key }) => isColourKey(key)).map(({ value }) => value),
    names,
    labels,
    all: new Set([
      ...labels,
      ...stems([item.description?.slice(0, maxDescription)]),
      ...(item.flags ?? []).flatMap(({ title, text }) => stems([title, text])),
    ]),
  };
  bags.set(item, bag);
  return bag;
}

const isIn = (bag: ReadonlySet<string>, word: string): boolean => sameStems(word).some((stem) => bag.has(stem));

/** Whether a product is called by a word, or by one of another language for the same thing. */
export const isCalled = (item: Item, word: string): boolean => isIn(bagOf(item).names, word);

/** Whether a product is listed under a word: it is called so, or its category or an attribute is. A description tells of other things too. */
export const isListedAs = (item: Item, word: string): boolean => isIn(bagOf(item).labels, word);

/** Whether a product is called by a word, typing errors allowed. */
export function isNearlyCalled(item: Item, word: string): boolean {
  return isCalled(item, word) || [...bagOf(item).names].some((name) => isLike(stemOf(word), name));
}

/** Whether anything that the catalogue says of a product has a word, or one of another language for the same thing. */
export function states(item: Item, word: string): boolean {
  return isColour(word)
    ? isCalled(item, word) || hasColour(item, word) || bagOf(item).all.has(stemOf(word))
    : isIn(bagOf(item).all, word);
}

/** What a product's colours are called. */
export const coloursOf = (item: Item): readonly string[] => bagOf(item).listed;

/** Whether the catalogue says that a product is of a colour: in its title, or as an attribute. */
export function hasColour(item: Item, colour: string): boolean {
  return (
    bagOf(item).colours.some((word) => compareColours(colour, word) === 'same') ||
    coloursOf(item).some((value) => compareColours(colour, value) === 'same')
  );
}

/** Whether a product is to be left out by a word that is not wanted. One that comes in other colours too stays. */
export function isUnwanted(item: Item, word: string): boolean {
  if (word.includes('-')) return textOf(item).includes(` ${wordsOf(word).join(' ')} `);
  if (!isColour(word)) return isIn(bagOf(item).all, word);
  const colours = coloursOf(item);
  const isTitled = bagOf(item).colours.some((part) => compareColours(word, part) === 'same');
  return isTitled || (colours.length > 0 && colours.every((value) => compareColours(word, value) !== 'other'));
}

const textOf = ({ title, description = '', attributes = [] }: Item): string =>
  ` ${wordsOf([title, description.slice(0, maxDescription), ...attributes.map(({ value }) => value)].join(' ')).join(' ')} `;

/** More is not quoted. */
const maxFacts = 3;

/** What the catalogue says of a product about a word, as it says it; none where it says nothing. */
export function statementsOn(item: Item, word: string): readonly string[] {
  const asked = new Set(sameAspect(word).map((each) => stemOf(each)));
  const meant = new Set(sameThing(word).map((each) => stemOf(each)));
  const has = (text: string, stems: ReadonlySet<string>) =>
    wordsOf(text).some((part) => stems.has(stemOf(part)) || (part.length > 4 && rootOf(part) === rootOf(word)));
  const values = new Map<string, string[]>();
  for (const { key, value } of [...(item.attributes ?? []), ...(item.location ?? [])])
    if (has(key, asked) || has(value, meant)) values.set(key, [...(values.get(key) ?? []), value]);
  const listed = [...values].map(([key, list]) => `${key}: ${list.join(', ')}`);
  const flags = (item.flags ?? [])
    .map(({ title, text }) => (text === '' ? title : `${title}: ${text}`))
    .filter((text) => has(text, meant));
  const sentences = (item.description?.slice(0, maxDescription) ?? '')
    .split(/(?<=[.!?])\s+/)
    .filter((sentence) => has(sentence, meant))
    .map((sentence) => `“${sentence}”`);
  const brand = item.brand !== undefined && asked.has('brand') ? [item.brand] : [];
  const facts = [...listed, ...flags, ...brand, ...sentences];
  if (facts.length === 0 && has(`${item.title}, ${item.category ?? ''}`, meant)) facts.push(item.title);
  return facts.slice(0, maxFacts);
}

/** Products, each once: the first of those with one id. */
export function distinct<Product extends Pick<Item, 'id'>>(items: readonly Product[]): readonly Product[] {
  const ids = new Set<string>();
  return items.filter(({ id }) => !ids.has(id) && ids.add(id));
}

/** Whether a catalogue has a word. */
export type Knows = (word: string) => boolean;

/** A word as a catalogue knows it: itself, or one of another language for the same thing; undefined for none. */
export function knownWord(word: string, { knows }: { readonly knows: Knows }): string | undefined {
  return knows(word) ? word : sameThing(word).find((each) => knows(each));
}
