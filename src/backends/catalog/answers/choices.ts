import { defined } from '../../../canonical/index.ts';
import { compareAmounts, type CatalogItem as Item, type Variant, wordsOf } from '../../../catalog/index.ts';
import { coloursOf, hasColour } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { compareColours, isColour, sameAspect } from '../language/concepts.ts';
import { fromBirth } from '../language/tables.ts';
import { stockSentence } from '../product-text.ts';
import { compareSizes, isColourKey, isOfOtherScale, isSizeKey } from '../reading/sizes.ts';

/** What a product is to come in: a size, a colour, or something else that may stand among its options. */
export interface Wish {
  readonly kind: 'size' | 'colour' | 'age' | 'other';
  readonly value: string;
}

type Verdict = 'same' | 'other' | 'unclear';
interface Option {
  readonly key: string;
  readonly value: string;
}

const asksFor = (word: string, aspect: string): boolean => sameAspect(word).includes(aspect);

function compare({ kind, value }: Wish, option: Option): Verdict {
  if (kind === 'size') return isColourKey(option.key) ? 'other' : compareSizes(value, option.value);
  if (kind === 'age') return compareAges(Number(value), option.value);
  if (kind === 'colour') return isSizeKey(option.key) ? 'other' : compareColours(value, option.value);
  return wordsOf(option.value).includes(value) ? 'same' : 'other';
}

/** `from 3 years` is for whoever is three or older, `3-6` for those between. */
function compareAges(asked: number, named: string): Verdict {
  const [from, to = Infinity] = fromBirth.test(named) ? [0] : (named.match(/\d{1,2}/g) ?? []).map(Number);
  if (from === undefined) return 'unclear';
  return from <= asked && asked <= to ? 'same' : 'other';
}

/** The values of a product that a wish is about: sizes for a size, colours for a colour. */
function valuesFor(item: Item, { kind }: Wish): readonly Option[] {
  const attributes = item.attributes ?? [];
  if (kind === 'size') {
    const sizes = attributes.filter(({ key }) => isSizeKey(key));
    return sizes.length > 0
      ? sizes
      : (item.variants ?? []).flatMap(({ options }) => options.filter(({ key }) => !isColourKey(key)));
  }
  if (kind === 'age') return attributes.filter(({ key }) => wordsOf(key).some((word) => asksFor(word, 'age')));
  const colours = attributes.filter(({ key }) => isColourKey(key));
  if (kind === 'colour' || colours.length > 0) return colours;
  return attributes.filter(({ key }) => /^(?:material|finish|style|pattern)$/.test(key));
}

/** How a wish stands to what the catalogue says of a product; `undefined` where it lists nothing of the kind. */
export function judge(item: Item, wish: Wish): Verdict | undefined {
  if (wish.kind === 'colour' && hasColour(item, wish.value)) return 'same';
  if (wish.kind === 'other' && (item.attributes ?? []).some((option) => compare(wish, option) === 'same'))
    return 'same';
  const values = valuesFor(item, wish);
  const verdicts = values.map((option) => compare(wish, option));
  if (verdicts.length === 0) return undefined;
  if (verdicts.includes('same')) return 'same';
  if (
    wish.kind === 'size' &&
    isOfOtherScale(
      wish.value,
      values.map(({ value }) => value),
    )
  )
    return 'unclear';
  return verdicts.every((verdict) => verdict === 'other') && wish.kind !== 'other' ? 'other' : 'unclear';
}

/** The choices of a product in which every wish is met; a wish that is no option of its choices is met by all. */
function choicesFor({ variants = [] }: Item, wishes: readonly Wish[]): readonly Variant[] {
  const isOption = (wish: Wish) =>
    variants.some(({ options }) => options.some((option) => compare(wish, option) === 'same'));
  const asked = wishes.filter(isOption);
  if (asked.length === 0) return [];
  return variants.filter(({ options }) =>
    asked.every((wish) => options.some((option) => compare(wish, option) === 'same')),
  );
}

/** Whether a product is there with all that is wished for, as far as the catalogue says. */
export function canBeHad(item: Item, wishes: readonly Wish[]): boolean {
  if (!wishes.every((wish) => judge(item, wish) === 'same')) return false;
  const isOption = wishes.some((wish) =>
    (item.variants ?? []).some(({ options }) => options.some((option) => compare(wish, option) === 'same')),
  );
  if (!isOption) return true;
  return choicesFor(item, wishes).some(({ availability }) => (availability ?? item.availability) !== 'out-of-stock');
}

/** A product as it is with what was wished for: as those of its choices are that meet all of it, where it has any. */
export function asWished(item: Item, wishes: readonly Wish[]): Item {
  const met = wishes.filter((wish) => judge(item, wish) === 'same');
  const isOption = met.some((wish) =>
    (item.variants ?? []).some(({ options }) => options.some((option) => compare(wish, option) === 'same')),
  );
  if (!isOption) return item;
  const choices = choicesFor(item, met);
  if (choices.length > 0) return togetherOf(choices, item);
  const { availability: _, ...unsure } = item;
  return unsure;
}

/** Whether a product lists sizes. */
export const hasSizes = (item: Item): boolean => valuesFor(item, { kind: 'size', value: '' }).length > 0;

/** What is wished for in a message about a product, or about several. */
export function wishesOf(words: readonly string[], { request: { size, quality } }: Inquiry): readonly Wish[] {
  const colours = words.filter(isColour);
  return [
    ...(size === undefined ? [] : [{ kind: 'size' as const, value: size }]),
    ...colours.map((value) => ({ kind: 'colour' as const, value })),
    ...(quality === undefined || colours.includes(quality) || !words.includes(quality)
      ? []
      : [{ kind: 'other' as const, value: quality }]),
  ];
}

/** Whether a product comes in what was wished for, and whether that is there. */
export function choiceText(
  item: Item,
  {
    wishes,
    count = 1,
    inquiry,
  }: { readonly wishes: readonly Wish[]; readonly count?: number | undefined; readonly inquiry: Inquiry },
): string {
  const { phrases } = inquiry.request;
  const named = (wish: Wish): string => {
    const known = valuesFor(item, wish).find((option) => compare(wish, option) === 'same')?.value ?? wish.value;
    return wish.kind === 'size' ? phrases.size(/^[a-z0-9]{1,4}$/.test(known) ? known.toUpperCase() : known) : known;
  };
  const { title } = item;
  const failing = wishes.find((wish) => judge(item, wish) !== 'same');
  if (failing !== undefined) {
    const about = { title, choice: named(failing), listed: listedFor(item, failing) };
    const verdict = judge(item, failing);
    if (verdict === undefined) return `${phrases.noChoices(about)} ${stockSentence(item, phrases)}`;
    return verdict === 'other' ? phrases.choiceUnknown(about) : phrases.choiceUnclear(about);
  }
  const about = { title, choice: wishes.map(named).join(', ') };
  const choices = choicesFor(item, wishes);
  const isOption = (item.variants ?? []).some(({ options }) =>
    wishes.some((wish) => options.some((option) => compare(wish, option) === 'same')),
  );
  if (isOption && choices.length === 0) return phrases.choiceSoldOut({ ...about, listed: choicesLeft(item) });
  const chosen = choices.length === 0 ? item : togetherOf(choices, item);
  if (chosen.availability === 'out-of-stock') return phrases.choiceSoldOut({ ...about, listed: choicesLeft(item) });
  if (chosen.availability === 'preorder') return stockSentence({ ...item, ...chosen }, phrases);
  // Of one colour of several the stock of all says nothing.
  const isOneOf = choices.length === 0 && wishes.some((wish) => wish.kind === 'colour' && coloursOf(item).length > 1);
  if (chosen.availability === undefined || isOneOf)
    return `${phrases.choiceListed(about)}${isOneOf ? ` ${stockSentence(item, phrases)}` : ''}`;
  if (chosen.quantity !== undefined && chosen.quantity < count)
    return phrases.choiceTooFew({ ...about, quantity: chosen.quantity });
  const price = inquiry.price(chosen);
  return phrases.choiceInStock({
    ...about,
    ...(choices.length > 0 && chosen.quantity !== undefined && { quantity: chosen.quantity }),
    ...(price !== undefined && { price }),
  });
}

const listedFor = (item: Item, wish: Wish): readonly string[] => [
  ...new Set(valuesFor(item, wish).map(({ value }) => value)),
];

/** Some choices of a product as one: there as far as any of them is, and at their own prices. */
function togetherOf(choices: readonly Variant[], { price: _, highestPrice: __, quantity: ___, ...item }: Item): Item {
  const there = choices.filter(({ availability }) => availability !== 'out-of-stock');
  const amounts = there.flatMap(({ price }) => price ?? []).toSorted(compareAmounts);
  const [lowest = _] = amounts;
  const highest = amounts.at(-1);
  const counts = choices.flatMap(({ quantity }) => quantity ?? []);
  const availability = there[0] === undefined ? 'out-of-stock' : there[0].availability;
  return defined({
    ...item,
    price: lowest,
    highestPrice:
      highest !== undefined && lowest !== undefined && compareAmounts(highest, lowest) > 0 ? highest : undefined,
    availability,
    quantity: counts.length === choices.length ? counts.reduce((sum, count) => sum + count, 0) : undefined,
  });
}

/** The choices that are there, as far as that is known. */
const choicesLeft = ({ variants = [] }: Item): readonly string[] =>
  variants
    .filter(({ availability }) => availability !== undefined && availability !== 'out-of-stock')
    .map(({ options }) => options.map(({ value }) => value).join(' / '));
