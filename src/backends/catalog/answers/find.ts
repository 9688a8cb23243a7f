import { type CatalogMatch, compareAmounts } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import { isOfKind, isTitledAsKind } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { isColour } from '../language/concepts.ts';
import { findFor, type ProductQuery, productQueryOf } from './product-query.ts';
import { recipientOf, showMatches, spokenLimits, spokenWords } from './showing.ts';

/** Products that have all that was asked for. */
export async function answerFound(inquiry: Inquiry): Promise<Answer | undefined> {
  const query = productQueryOf(inquiry);
  if (!query.meant) return undefined;
  const { matches } = await findFor(query, inquiry);
  if (matches[0]?.matched !== 'all') return undefined;
  const ranked = query.order === 'relevance' ? undefined : rank(matches, query);
  const shown =
    ranked?.matches ??
    (query.order === 'relevance' ? matches : (await findFor({ ...query, order: 'relevance' }, inquiry)).matches);
  const isRanked = ranked?.isCertain === true;
  const intro = introOf(shown, { query, inquiry, isRanked });
  return showMatches(shown, { query, inquiry, intro, isExact: true, isRanked });
}

interface Ranked {
  /** In the order of their prices. */
  readonly matches: readonly CatalogMatch[];
  /** Whether the first is first of all that was meant. */
  readonly isCertain: boolean;
}

/**
 * Products of the kind that was asked for in the order of their prices; `undefined` where there are none, or in several currencies.
 * Which is first is certain where those that are called so and those that stand in a category of that name have the same first: a shop
 * may have sawhorses among its desks.
 */
function rank(matches: readonly CatalogMatch[], { words, order }: ProductQuery): Ranked | undefined {
  const things = words.filter((word) => !isColour(word));
  const priced = matches.filter(({ item }) => item.price !== undefined);
  const ofKind = things.length === 0 ? priced : priced.filter(({ item }) => isOfKind(item, things));
  if (ofKind.length === 0 || new Set(ofKind.map(({ item }) => item.currency)).size > 1) return undefined;
  const direction = order === 'cheapest' ? 1 : -1;
  const amount = ({ item }: CatalogMatch) =>
    (order === 'dearest' ? (item.highestPrice ?? item.price) : item.price) ?? '';
  const sorted = ofKind.toSorted((a, b) => direction * compareAmounts(amount(a), amount(b)));
  const called = sorted.filter(({ item }) => isTitledAsKind(item, things));
  const isCertain = called.length === 0 || things.length === 0 || called[0] === sorted[0];
  return { matches: isCertain ? sorted : [...new Set([...called, ...sorted])], isCertain };
}

function introOf(
  matches: readonly CatalogMatch[],
  { query, inquiry, isRanked }: { readonly query: ProductQuery; readonly inquiry: Inquiry; readonly isRanked: boolean },
): string {
  const { phrases, cues, folded } = inquiry.request;
  const { order } = query;
  const words = spokenWords(inquiry) || (query.filters.category ?? '');
  const limits = spokenLimits(inquiry);
  const item = matches[0]?.item;
  const price = item === undefined ? undefined : inquiry.price(item);
  if (order !== 'relevance' && !isRanked) return phrases.unranked(words);
  // One alone is first of nothing.
  if (order !== 'relevance' && matches.length > 1 && item !== undefined && price !== undefined) {
    return phrases[order]({ words, title: item.title, price });
  }
  if (cues.gift.test(folded)) return phrases.gifts(recipientOf(inquiry));
  if (cues.recommend.test(folded)) return phrases.recommended({ words, limits });
  return phrases.found({ words, limits, count: Math.min(matches.length, inquiry.limit) });
}
