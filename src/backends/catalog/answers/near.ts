import type { CatalogMatch } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { findFor, giftCategory, isLeftOut, type ProductQuery, productQueryOf } from './product-query.ts';
import { missingWords, recipientOf, showMatches, spokenLimits, spokenWords } from './showing.ts';

/** Products that have some of what was asked for, or words like it, or another price; and says so. */
export async function answerNear(inquiry: Inquiry): Promise<Answer | undefined> {
  const query = productQueryOf(inquiry);
  if (!query.meant) return undefined;
  const { phrases, words: asked } = inquiry.request;
  const words = spokenWords(inquiry);
  const { matches, others } = await findFor({ ...query, order: 'relevance' }, inquiry);
  const near = matches.length > 0 ? matches : others;
  if (near.length > 0) {
    const shown = near.slice(0, Math.max(inquiry.limit, 1));
    const missing = missingWords(
      shown.map(({ item }) => item),
      inquiry,
    );
    return showMatches(shown, { query, inquiry, intro: phrases.near({ words, missing }), isExact: false });
  }
  const outside = await nearestInPrice(query, inquiry);
  if (outside.length > 0) {
    // What has only some of the words says nothing of what there is at other prices.
    const isAll = outside.every(({ matched }) => matched === 'all');
    const limits = spokenLimits(inquiry);
    const intro = isAll
      ? phrases.outOfBudget({ words, limits })
      : phrases.near({
          words: `${words}${limits}`,
          missing: missingWords(
            outside.map(({ item }) => item),
            inquiry,
          ),
        });
    return showMatches(outside, { query, inquiry, intro, isExact: false });
  }
  // Whoever looks for a present is glad of others than those that they thought of.
  const category = giftCategory(inquiry);
  const ofCategory = category === undefined ? [] : await inquiry.search({ text: '', filters: { category } });
  const presents =
    ofCategory.length > 0 || category === undefined ? ofCategory : await inquiry.search({ text: '', filters: {} });
  if (presents.length === 0) return undefined;
  const ignored = asked.length === 0 ? '' : `${phrases.ignored(words)} `;
  return showMatches(presents, {
    query: { ...query, words: [] },
    inquiry: { ...inquiry, request: { ...inquiry.request, words: [] } },
    intro: `${ignored}${phrases.gifts(recipientOf(inquiry))}`,
    isExact: false,
  });
}

/** So many candidates are looked at. */
const maxLooked = 50;

/** What fits but for its price, the nearest in price first. */
async function nearestInPrice({ words, filters }: ProductQuery, inquiry: Inquiry): Promise<readonly CatalogMatch[]> {
  const { request, limit } = inquiry;
  const { minPrice, maxPrice } = request;
  if (minPrice === undefined && maxPrice === undefined) return [];
  const found = await inquiry.searchAnyPrice({ text: words.join(' '), filters, limit: maxLooked });
  const distance = ({ item }: CatalogMatch) =>
    Math.max(Number(minPrice ?? 0) - Number(item.price), Number(item.price) - Number(maxPrice ?? Infinity));
  return found
    .filter(({ item }) => item.price !== undefined && !isLeftOut(item, inquiry))
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, limit);
}
