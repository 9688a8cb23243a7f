import { compareAmounts, type CatalogItem as Item, subtractAmounts } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import { distinct, isNearlyCalled, knownWord } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { listOf, recommend } from '../product-text.ts';
import { contextItem } from '../subject.ts';

/** As many as can be held beside each other. */
const maxCompared = 4;

/** Two or more products beside each other: those that the message names, or else those of the last answer. */
export async function answerComparison(inquiry: Inquiry): Promise<Answer | undefined> {
  const { phrases, cues, folded } = inquiry.request;
  if (!cues.compare.test(folded)) return undefined;
  const { items, strange } = await comparedItems(inquiry);
  if (items.length < 2) return undefined;
  const ignored = strange.length === 0 ? [] : [phrases.ignored(strange.join(' '))];
  return {
    text: [...ignored, phrases.comparison, listOf(items, inquiry), ...verdict(items, inquiry)].join('\n'),
    items: recommend(items, { inquiry, reasons: () => [] }),
    suggestions: items.slice(0, 2).map(({ title }) => phrases.ask.stock(title)),
  };
}

interface Compared {
  readonly items: readonly Item[];
  /** Words by which no product is called. */
  readonly strange: readonly string[];
}

async function comparedItems(inquiry: Inquiry): Promise<Compared> {
  const { cues, folded, words, isContent } = inquiry.request;
  const parts = folded
    .split(cues.separator)
    .map((part) => (part.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => isContent(word) && words.includes(word)))
    .filter((part) => part.length > 0);
  const found: Item[] = [];
  const strange: string[] = [];
  for (const part of parts.slice(0, maxCompared)) {
    const item = await namedIn(part, inquiry);
    if (item === undefined) strange.push(...part);
    else found.push(item);
  }
  const items = distinct(found);
  const [only] = items;
  const [part] = parts;
  const points = cues.pointer.test(folded) || cues.demonstrative.test(folded);
  // `compare laptops`
  if (parts.length === 1 && part !== undefined && !points) return { items: await allNamedIn(part, inquiry), strange };
  if (only === undefined) return { items: await shownBefore(inquiry), strange };
  // `Compare this with the desk`
  const other = items.length === 1 ? await contextItem(inquiry) : undefined;
  return { items: other === undefined ? items : distinct([other, ...items]), strange };
}

/** The best product that is called by all words of a part. */
const namedIn = async (part: readonly string[], inquiry: Inquiry): Promise<Item | undefined> =>
  (await allNamedIn(part, inquiry))[0];

async function allNamedIn(part: readonly string[], inquiry: Inquiry): Promise<readonly Item[]> {
  const text = part.map((word) => knownWord(word, inquiry) ?? word).join(' ');
  const matches = await inquiry.search({ text, limit: maxCompared, filters: {} });
  return matches.map(({ item }) => item).filter((item) => part.every((word) => isNearlyCalled(item, word)));
}

async function shownBefore(inquiry: Inquiry): Promise<readonly Item[]> {
  const before = (await inquiry.lastAnswer())?.items ?? [];
  const known =
    before.length > 1 ? before : [...(inquiry.pageItem ? [inquiry.pageItem] : []), ...before, ...inquiry.seen];
  return distinct(known).slice(0, maxCompared);
}

/** Which of them costs how much less, where each has one price and they can be compared. */
function verdict(items: readonly Item[], { request: { phrases }, money }: Inquiry): readonly string[] {
  const priced = items.flatMap((item) =>
    item.price === undefined || item.highestPrice !== undefined ? [] : [{ item, price: item.price }],
  );
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
