import type { Item } from '../../../canonical/index.ts';
import { type CatalogMatch, fold } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Reason } from '../language/index.ts';
import { listOf, recommend } from '../product-text.ts';
import type { Quest } from './quest.ts';

/** What was found, for whom, and the sentence above it. */
export interface Showing {
  readonly quest: Quest;
  readonly inquiry: Inquiry;
  readonly intro: string;
}

/** A list of products as an answer. */
export function showMatches(matches: readonly CatalogMatch[], { quest, inquiry, intro }: Showing): Answer {
  const items = matches.slice(0, inquiry.limit).map(({ item }) => item);
  const { ask } = inquiry.request.phrases;
  const [first] = items;
  return {
    text: items.length === 0 ? intro : `${intro}\n${listOf(items, inquiry)}`,
    items: recommend(items, { inquiry, reasons: reasonsFor(matches, { quest, inquiry }) }),
    suggestions: first === undefined ? [] : [ask.stock(first.title), ask.similar(first.title)],
  };
}

function reasonsFor(matches: readonly CatalogMatch[], { quest, inquiry }: Omit<Showing, 'intro'>) {
  const { request, money } = inquiry;
  const words = spokenWords(inquiry);
  const exact = words !== '' && matches[0]?.matched === 'all';
  return (item: Item, place: number): readonly Reason[] => [
    ...(place === 0 && quest.order !== 'relevance' ? [{ kind: quest.order }] : []),
    ...(exact ? [{ kind: 'matches' as const, words }] : []),
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
export function spokenWords({ request: { text, words } }: Inquiry): string {
  const typed = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = new Set(words);
  const kept = [...new Set(typed.filter((word) => wanted.has(fold(word))))];
  let spoken = '';
  for (const word of kept) if (spoken.length + word.length < maxSpoken) spoken += ` ${word}`;
  return spoken.trim();
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
