import type { Item } from '../../../canonical/index.ts';
import { fold, plainAttributes, variantStock } from '../../../catalog/index.ts';
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
  const match = plainAttributes(item).find(({ value }) => isWanted(value));
  const shown = match?.value ?? (size === undefined ? wanted : wanted.toUpperCase());
  const about = { title: item.title, choice: size === undefined ? shown : phrases.size(shown) };
  const stock = variantStock(item);
  if (match === undefined) {
    const listed = listedChoices(item, size !== undefined);
    if (listed.length === 0) return `${phrases.noChoices(about)} ${stockSentence(item, phrases)}`;
    return phrases.choiceUnknown({ ...about, listed });
  }
  const counts = stock.filter(({ values }) => values.some(isWanted));
  const quantity = counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count.quantity, 0);
  if (quantity === 0 || (quantity === undefined && item.availability === 'out-of-stock')) {
    const left = stock.filter((count) => count.quantity > 0).map(({ values }) => values.join(' / '));
    return phrases.choiceSoldOut({ ...about, listed: left });
  }
  if (quantity === undefined && item.availability === 'preorder') return stockSentence(item, phrases);
  const price = inquiry.price(item);
  return phrases.choiceInStock({
    ...about,
    ...(quantity !== undefined && { quantity }),
    ...(price !== undefined && { price }),
  });
}

const sizeKeys = /^(?:sizes?|groessen?)$/;
const colourKeys = /^(?:colou?rs?|farben?)$/;
const qualityKeys = /^(?:material|finish|sizes?|groessen?)$/;

/** What there is to choose from: sizes for a size, otherwise colours, or what else there is. */
function listedChoices(item: Item, ofSize: boolean): readonly string[] {
  const valuesOf = (keys: RegExp) =>
    plainAttributes(item)
      .filter(({ key }) => keys.test(fold(key)))
      .map(({ value }) => value);
  const colours = ofSize ? [] : valuesOf(colourKeys);
  return colours.length > 0 ? colours : valuesOf(ofSize ? sizeKeys : qualityKeys);
}

/** Whether a product is there in a size. */
export function hasSize(item: Item, size: string): boolean {
  const names = namesOf(size);
  return variantStock(item).some(
    ({ values, quantity }) => quantity > 0 && values.some((value) => names.includes(fold(value))),
  );
}
