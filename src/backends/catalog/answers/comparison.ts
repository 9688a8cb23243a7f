import type { Item } from '../../../canonical/index.ts';
import { compareAmounts, contentWords, subtractAmounts } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { listOf, recommend } from '../product-text.ts';

/** As many as can be held beside each other. */
const maxCompared = 4;

/** Two or more products beside each other: those that the message names, or else those of the last answer. */
export async function answerComparison(inquiry: Inquiry): Promise<Answer | undefined> {
  const { phrases, cues, folded } = inquiry.request;
  if (!cues.compare.test(folded)) return undefined;
  const items = await comparedItems(inquiry);
  if (items.length < 2) return undefined;
  return {
    text: [phrases.comparison, listOf(items, inquiry), ...verdict(items, inquiry)].join('\n'),
    items: recommend(items, { inquiry, reasons: () => [] }),
    suggestions: items.slice(0, 2).map(({ title }) => phrases.ask.stock(title)),
  };
}

async function comparedItems(inquiry: Inquiry): Promise<readonly Item[]> {
  const { cues, folded, words } = inquiry.request;
  if (words.length === 0) {
    const before = (await inquiry.lastAnswer())?.items ?? [];
    const known =
      before.length > 1 ? before : [...(inquiry.pageItem ? [inquiry.pageItem] : []), ...before, ...inquiry.seen];
    return [...new Set(known)].slice(0, maxCompared);
  }
  const parts = folded
    .split(new RegExp(cues.separator, 'g'))
    .map((part) => contentWords(part).filter((word) => words.includes(word)));
  const found: Item[] = [];
  for (const part of parts.filter((each) => each.length > 0).slice(0, maxCompared)) {
    const [match] = await inquiry.search({ text: part.join(' '), limit: 1 });
    if (match !== undefined && !found.includes(match.item)) found.push(match.item);
  }
  const [only] = found;
  // `Compare this with the desk`
  if (only !== undefined && found.length === 1 && inquiry.pageItem !== undefined) found.unshift(inquiry.pageItem);
  return [...new Set(found)];
}

/** Which of them costs how much less, where their prices can be compared. */
function verdict(items: readonly Item[], { request: { phrases }, money }: Inquiry): readonly string[] {
  const priced = items.flatMap((item) => (item.price === undefined ? [] : [{ item, price: item.price }]));
  const sorted = priced.toSorted((a, b) => compareAmounts(a.price, b.price));
  const [lowest] = sorted;
  const highest = sorted.at(-1);
  if (lowest === undefined || highest === undefined || priced.length < items.length) return [];
  if (new Set(priced.map(({ item }) => item.currency)).size > 1) return [];
  if (compareAmounts(lowest.price, highest.price) === 0) {
    return [phrases.samePrice(items.map(({ title }) => title).join(', '))];
  }
  const difference = money(subtractAmounts({ from: highest.price, less: lowest.price }), lowest.item);
  return [phrases.cheaperBy({ title: lowest.item.title, difference, other: highest.item.title })];
}
