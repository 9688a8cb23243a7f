import { defined } from '../../../canonical/index.ts';
import { compareAmounts, fold, type CatalogItem as Item, type Variant } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { detailsOf, listOf, priceSentence, recommend, stockSentence } from '../product-text.ts';
import { findSubject } from '../subject.ts';
import { alternativesOf } from './alternatives.ts';

/** Whether a product is there: at all, in a size, in a colour. */
export async function answerStock(inquiry: Inquiry): Promise<Answer | undefined> {
  const { cues, folded, size, quality, phrases } = inquiry.request;
  if (size === undefined && quality === undefined && !cues.stock.test(folded)) return undefined;
  const subject = await findSubject(inquiry);
  if (subject.kind !== 'one') return undefined;
  const { item } = subject;
  const wanted = size ?? quality;
  const text = wanted === undefined ? generalText(item, inquiry) : choiceText(item, { wanted, inquiry });
  const others = item.availability === 'out-of-stock' ? (await alternativesOf(item, inquiry)).slice(0, 2) : [];
  return {
    text: others.length === 0 ? text : `${text} ${phrases.alternatives(item.title)}\n${listOf(others, inquiry)}`,
    items: recommend([item, ...others], { inquiry, reasons: () => [] }),
    suggestions: [phrases.ask.similar(item.title)],
  };
}

function generalText(item: Item, inquiry: Inquiry): string {
  const { folded, cues, phrases } = inquiry.request;
  const details = detailsOf(item);
  // Whoever asks for sizes or colours wants to hear which.
  const asksChoices = cues.details.test(folded) || /size|colou?r|groesse|farbe/.test(folded);
  return [
    `${isThere(item) ? phrases.yes : ''}${stockSentence(item, phrases)}`,
    priceSentence(item, inquiry),
    ...(asksChoices && details.length > 0 ? [phrases.details(details)] : []),
  ].join(' ');
}

const isThere = ({ availability }: Item): boolean => availability === 'in-stock' || availability === 'limited';

/** Sizes go by several names. */
const sizeNames: Readonly<Record<string, readonly string[]>> = {
  xs: ['xs', 'xsmall', 'extra small'],
  s: ['s', 'small', 'klein'],
  m: ['m', 'medium', 'mittel'],
  l: ['l', 'large', 'gross'],
  xl: ['xl', 'xlarge', 'extra large'],
  xxl: ['xxl', '2xl', 'xxlarge'],
  xxxl: ['xxxl', '3xl'],
};

function namesOf(wanted: string): readonly string[] {
  return Object.values(sizeNames).find((names) => names.includes(wanted)) ?? [wanted];
}

function choiceText(item: Item, { wanted, inquiry }: { readonly wanted: string; readonly inquiry: Inquiry }): string {
  const { phrases, size } = inquiry.request;
  const names = namesOf(wanted);
  const isWanted = (value: string) => names.includes(fold(value));
  const match = (item.attributes ?? []).find(({ value }) => isWanted(value));
  const shown = match?.value ?? (size === undefined ? wanted : wanted.toUpperCase());
  const about = { title: item.title, choice: size === undefined ? shown : phrases.size(shown) };
  if (match === undefined) {
    const listed = listedChoices(item, size !== undefined);
    if (listed.length === 0) return `${phrases.noChoices(about)} ${stockSentence(item, phrases)}`;
    return phrases.choiceUnknown({ ...about, listed });
  }
  const choices = (item.variants ?? []).filter(({ options }) => options.some(({ value }) => isWanted(value)));
  const chosen = choices.length === 0 ? item : togetherOf(choices, item);
  if (chosen.availability === 'out-of-stock') return phrases.choiceSoldOut({ ...about, listed: choicesLeft(item) });
  if (chosen.availability === 'preorder') return stockSentence({ ...item, ...chosen }, phrases);
  const price = inquiry.price(chosen);
  return phrases.choiceInStock({
    ...about,
    ...(choices.length > 0 && chosen.quantity !== undefined && { quantity: chosen.quantity }),
    ...(price !== undefined && { price }),
  });
}

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

const sizeKeys = /^(?:sizes?|groessen?)$/;
const colourKeys = /^(?:colou?rs?|farben?)$/;
const qualityKeys = /^(?:material|finish|sizes?|groessen?)$/;

/** What there is to choose from: sizes for a size, otherwise colours, or what else there is. */
function listedChoices(item: Item, ofSize: boolean): readonly string[] {
  const valuesOf = (keys: RegExp) =>
    (item.attributes ?? []).filter(({ key }) => keys.test(fold(key))).map(({ value }) => value);
  const colours = ofSize ? [] : valuesOf(colourKeys);
  return colours.length > 0 ? colours : valuesOf(ofSize ? sizeKeys : qualityKeys);
}

/** Whether a product is there in a size. */
export function hasSize(item: Item, size: string): boolean {
  const names = namesOf(size);
  return (item.variants ?? []).some(
    ({ options, availability }) =>
      availability !== undefined &&
      availability !== 'out-of-stock' &&
      options.some(({ value }) => names.includes(fold(value))),
  );
}
