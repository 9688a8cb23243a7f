import { type CatalogMatch, type CatalogItem as Item, wordsOf } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import { states } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { isAspect } from '../language/concepts.ts';
import type { Reason } from '../language/index.ts';
import { listOf, recommend } from '../product-text.ts';
import { asWished, type Wish } from './choices.ts';
import { isBareSize, type ProductQuery } from './product-query.ts';

/** What was found, for whom, and the sentence above it. */
export interface Showing {
  readonly query: ProductQuery;
  readonly inquiry: Inquiry;
  readonly intro: string;
  /** Whether the catalogue says of each of them all that was asked for. */
  readonly isExact: boolean;
  /** Whether they stand in the order of their prices, and the first is first of all. */
  readonly isRanked?: boolean;
}

/** A list of products as an answer. */
export function showMatches(matches: readonly CatalogMatch[], showing: Showing): Answer {
  const { inquiry, intro } = showing;
  const items = matches.slice(0, inquiry.limit).map(({ item }) => item);
  const { ask } = inquiry.request.phrases;
  const [first] = items;
  const wished = (item: Item): Item => asWished(item, wishesIn(showing.query));
  const head = [...notes(inquiry), intro].join(' ');
  return {
    text: items.length === 0 ? head : `${head}\n${listOf(items.map(wished), inquiry)}`,
    items: recommend(items, { inquiry, reasons: reasonsFor(showing), wished }),
    suggestions: first === undefined ? [] : [ask.stock(first.title), ask.similar(first.title)],
  };
}

/** All that is wished for; a bare number may be a size. */
const wishesIn = ({ wishes, words }: ProductQuery): readonly Wish[] => [
  ...wishes,
  ...words.filter(isBareSize).map((value): Wish => ({ kind: 'size', value })),
];

/** What is to be known of a list before it is read: what was left out of it, and what was no limit to it. */
export function notes({
  request: { phrases, without, overlooked },
  otherCurrency,
  currency,
}: Inquiry): readonly string[] {
  const leftOut = without.map((group) => group.join(' ')).filter((words) => !overlooked.includes(words));
  return [
    ...(otherCurrency !== undefined && currency !== undefined
      ? [phrases.otherCurrency({ asked: otherCurrency, ours: currency })]
      : []),
    ...(leftOut.length > 0 ? [phrases.leftOut(leftOut.join(', '))] : []),
    ...(overlooked.length > 0 ? [phrases.ignored(overlooked.join(', '))] : []),
  ];
}

function reasonsFor({ query, inquiry, isExact, isRanked = false }: Showing) {
  const { request, money } = inquiry;
  const words = spokenWords(inquiry);
  return (item: Item, place: number): readonly Reason[] => [
    ...(place === 0 && isRanked && query.order !== 'relevance' ? [{ kind: query.order }] : []),
    ...(isExact && words !== '' ? [{ kind: 'matches' as const, words }] : []),
    ...(request.maxPrice !== undefined && fitsPrice(item, request)
      ? [{ kind: 'budget' as const, amount: money(request.maxPrice) }]
      : []),
  ];
}

const fitsPrice = ({ price }: Item, { minPrice = '0', maxPrice = 'Infinity' }: Inquiry['request']): boolean =>
  Number(price) >= Number(minPrice) && Number(price) <= Number(maxPrice);

/** As many of the visitor's words as one sentence can repeat. */
const maxSpoken = 60;

/** The visitor's own words for what is looked for, as they were typed; letters and digits only. */
export function spokenWords(
  { request: { text, words, size, percent, ageText, phrases, typed: spelt } }: Inquiry,
  only: readonly string[] = words,
): string {
  const typed = text.match(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu) ?? [];
  const said = only === words ? wordsOf(ageText ?? '') : [];
  const wanted = new Set([...only.map((word) => spelt.get(word) ?? word), ...said]);
  const kept = [
    ...new Set(
      typed.filter(
        (word) =>
          wordsOf(word.replace(/^\p{L}{1,4}['’]/u, '')).some((part) => wanted.has(part)) ||
          wordsOf(word).some((part) => wanted.has(part)),
      ),
    ),
  ];
  if (percent !== undefined && only === words) kept.push(`${percent} %`);
  if (size !== undefined && only === words) kept.push(phrases.size(size.length <= 4 ? size.toUpperCase() : size));
  let spoken = '';
  for (const word of kept) if (spoken.length + word.length < maxSpoken) spoken += ` ${word}`;
  return spoken.trim();
}

/** Words that the catalogue says of none of some products. */
export function missingWords(items: readonly Item[], inquiry: Inquiry): string {
  const missing = inquiry.request.words.filter((word) => !isAspect(word) && !items.some((item) => states(item, word)));
  return spokenWords(inquiry, missing);
}

/** The price range that was asked for, in words; empty without one. */
export function spokenLimits({ request: { phrases, minPrice, maxPrice }, money }: Inquiry): string {
  return phrases.limits({
    ...(minPrice !== undefined && { minimum: money(minPrice) }),
    ...(maxPrice !== undefined && { maximum: money(maxPrice) }),
  });
}

/** Whom a present is for, if that was said. */
export function recipientOf({ request: { cues, folded } }: Inquiry): string | undefined {
  return cues.recipient.exec(folded)?.[1];
}
