import { type CatalogItem as Item, isLike, kindOf, stemOf, wordsOf } from '../../catalog/index.ts';
import { compareColours, isColour, rootOf, sameAspect, sameStems, sameThing } from './language/concepts.ts';
import { isColourKey } from './reading/sizes.ts';

/** More of a description is no statement that is looked for. */
const maxDescription = 4_000;

/** What is worked out of a product once, when it is first asked for. */
function onceEach<Value>(find: (item: Item) => Value): (item: Item) => Value {
  const known = new WeakMap<Item, { readonly value: Value }>();
  return (item) => {
    const found = known.get(item) ?? { value: find(item) };
    known.set(item, found);
    return found.value;
  };
}

/** The words of a product or of a visitor, as stems. */
export type Terms = ReadonlySet<string>;

/** The stems of some texts. */
export const termsOf = (...texts: readonly (string | undefined)[]): Terms =>
  new Set(texts.flatMap((text) => (text === undefined ? [] : wordsOf(text).map(stemOf))));

/** Of its title, its brand and its id: what it is called. */
const namesOf = onceEach(({ title, brand, id }) => termsOf(title, brand, id));
/** Of these, its category and its attributes: what it is listed as. */
const labelsOf = onceEach((item): Terms => {
  // What is called `for bed` is no bed; what is called `waterproof` and says yes is.
  const attributes = (item.attributes ?? []).map(({ key, value }) => (isYes.test(value) ? key : value));
  return new Set([...namesOf(item), ...termsOf(item.category, ...attributes)]);
});
const isYes = /^(?:yes|true|ja|oui|si|sí|1)$/i;
/** Of what it is described with besides. */
const describedOf = onceEach(({ description, flags = [], attributes = [] }) =>
  termsOf(
    description?.slice(0, maxDescription),
    ...flags.flatMap(({ title, text }) => [title, text]),
    ...attributes.map(({ key }) => key),
  ),
);
/** Of what it is, by its title; and by its category too. */
const titleKindOf = onceEach(({ title }) => termsOf(kindOf(title)));
const kindsOf = onceEach(({ title, category }) => termsOf(kindOf(title), category));

/** Words of a product's title that name colours. */
const titleColoursOf = onceEach(({ title }) => wordsOf(title).filter(isColour));

/** What a product's colours are called. */
export const coloursOf = onceEach(({ attributes = [] }): readonly string[] =>
  attributes.filter(({ key }) => isColourKey(key)).map(({ value }) => value),
);

const isIn = (terms: Terms, word: string): boolean => sameStems(word).some((stem) => terms.has(stem));

/** Whether a word is among some terms, typing errors allowed. */
export function isNearlyIn(terms: Terms, word: string): boolean {
  if (isIn(terms, word)) return true;
  const stem = stemOf(word);
  for (const term of terms) if (isLike(stem, term)) return true;
  return false;
}

const saysAnywhere = (item: Item, word: string): boolean => isIn(labelsOf(item), word) || isIn(describedOf(item), word);

/** Whether a product is called by a word, or by one of another language for the same thing. */
export const isCalled = (item: Item, word: string): boolean => isIn(namesOf(item), word);

/** Whether a product is listed under a word: it is called so, or its category or an attribute is. A description tells of other things too. */
export const isListedAs = (item: Item, word: string): boolean => isIn(labelsOf(item), word);

/** Whether a product is called by a word, typing errors allowed. */
export const isNearlyCalled = (item: Item, word: string): boolean => isNearlyIn(namesOf(item), word);

/** Whether one of the words is what a product is, by its title alone or by its category too. */
export const isTitledAsKind = (item: Item, words: readonly string[]): boolean =>
  words.some((word) => isIn(titleKindOf(item), word));
export const isOfKind = (item: Item, words: readonly string[]): boolean =>
  words.some((word) => isIn(kindsOf(item), word));

/** Whether anything that the catalogue says of a product has a word, or one of another language for the same thing. */
export function states(item: Item, word: string): boolean {
  if (!isColour(word)) return saysAnywhere(item, word);
  const stem = stemOf(word);
  return isCalled(item, word) || hasColour(item, word) || labelsOf(item).has(stem) || describedOf(item).has(stem);
}

/** Whether the catalogue says that a product is of a colour: in its title, or as an attribute. */
export function hasColour(item: Item, colour: string): boolean {
  return (
    titleColoursOf(item).some((word) => compareColours(colour, word) === 'same') ||
    coloursOf(item).some((value) => compareColours(colour, value) === 'same')
  );
}

/** Whether a product is to be left out by a word that is not wanted. One that comes in other colours too stays. */
export function isUnwanted(item: Item, word: string): boolean {
  if (word.includes('-')) return textOf(item).includes(` ${wordsOf(word).join(' ')} `);
  if (!isColour(word)) return saysAnywhere(item, word);
  const colours = coloursOf(item);
  const isTitled = titleColoursOf(item).some((part) => compareColours(word, part) === 'same');
  return isTitled || (colours.length > 0 && colours.every((value) => compareColours(word, value) !== 'other'));
}

/** All that a product says in words with one space between them, for what stands in it word by word: `steel-blue`. */
const textOf = onceEach(({ title, description = '', attributes = [] }) => {
  const texts = [title, description.slice(0, maxDescription), ...attributes.map(({ value }) => value)];
  return ` ${wordsOf(texts.join(' ')).join(' ')} `;
});

/** Whether a product says so much of anything: `100% cotton`. */
export function statesPercent(item: Item, percent: string): boolean {
  const { title, description = '', attributes = [], flags = [] } = item;
  const texts = [title, description.slice(0, maxDescription), ...attributes.map(({ value }) => value)];
  const amount = percent.replace(',', '.');
  return [...texts, ...flags.map(({ text }) => text)].some((text) =>
    (text.match(/\d{1,3}(?:[.,]\d{1,2})?(?=\s?%)/g) ?? []).some((found) => found.replace(',', '.') === amount),
  );
}

/** More is not quoted. */
const maxFacts = 3;

/** What the catalogue says of a product about a word, as it says it; none where it says nothing. */
export function statementsOn(item: Item, word: string): readonly string[] {
  const asked = new Set(sameAspect(word).map((each) => stemOf(each)));
  const meant = new Set(sameThing(word).map((each) => stemOf(each)));
  const has = (text: string, stems: ReadonlySet<string>) =>
    wordsOf(text).some((part) => stems.has(stemOf(part)) || (part.length > 4 && rootOf(part) === rootOf(word)));
  const values = new Map<string, string[]>();
  // A number that was said is no aisle.
  const places = /^\d+$/.test(word) ? [] : (item.location ?? []);
  for (const { key, value } of [...(item.attributes ?? []), ...places])
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
