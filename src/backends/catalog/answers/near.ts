import type { CatalogMatch } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { giftCategory, type Quest, readQuest } from './quest.ts';
import { recipientOf, showMatches, spokenLimits, spokenWords } from './showing.ts';

/** Products that have some of what was asked for, or words like it, or another price; and says so. */
export async function answerNear(inquiry: Inquiry): Promise<Answer | undefined> {
  const quest = readQuest(inquiry);
  if (!quest.meant) return undefined;
  const { phrases } = inquiry.request;
  const words = spokenWords(inquiry);
  const category = giftCategory(inquiry);
  const near = await inquiry.search(quest);
  if (near.length > 0) return showMatches(near, { quest, inquiry, intro: phrases.near(words) });
  const outside = await nearestInPrice(quest, inquiry);
  if (outside.length > 0) {
    const intro = phrases.outOfBudget({ words, limits: spokenLimits(inquiry) });
    return showMatches(outside, { quest, inquiry, intro });
  }
  // Whoever looks for a present is glad of others than those that they thought of.
  const presents = category === undefined ? [] : await inquiry.search({ text: '', filters: { category } });
  if (presents.length === 0) return undefined;
  return showMatches(presents, {
    quest: { ...quest, text: '' },
    inquiry: { ...inquiry, request: { ...inquiry.request, words: [] } },
    intro: phrases.gifts(recipientOf(inquiry)),
  });
}

/** So many candidates are looked at. */
const maxLooked = 50;

/** What fits but for its price, the nearest in price first. */
async function nearestInPrice({ text, filters }: Quest, inquiry: Inquiry): Promise<readonly CatalogMatch[]> {
  const { request, catalog, limit } = inquiry;
  const { minPrice, maxPrice } = request;
  if (minPrice === undefined && maxPrice === undefined) return [];
  const found = await catalog.search({ text, filters, limit: maxLooked });
  const distance = ({ item }: CatalogMatch) =>
    Math.max(Number(minPrice ?? 0) - Number(item.price), Number(item.price) - Number(maxPrice ?? Infinity));
  return found
    .filter(({ item }) => item.price !== undefined)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, limit);
}
