import { compareAmounts, type CatalogItem as Item, subtractAmounts, wordsOf } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import { distinct, isNearlyCalled, isOfKind, knownWord, statementsOn } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { isAspect, isThing } from '../language/concepts.ts';
import { vagueAspects } from '../language/tables.ts';
import { lineOf, recommend } from '../product-text.ts';
import { pointsBack, ranks } from '../refinement.ts';
import { contextItem, isNamed } from '../subject.ts';
import { spokenWords } from './showing.ts';

/** As many as can be held beside each other. */
const maxCompared = 4;

/**
 * Two or more products beside each other: those that the message names, or else those of the last answer; with what the catalogue says
 * of each where that was asked. Which is the lighter one is for the visitor to see: a catalogue says `1.2 kg` and `980 g`.
 */
export async function answerComparison(inquiry: Inquiry): Promise<Answer | undefined> {
  const { request } = inquiry;
  const { phrases, cues, folded } = request;
  const ofShown = ranks(request) && request.words.length === 0 && pointsBack(request);
  if (!cues.compare.test(folded) && !ofShown && !asksDegree(inquiry)) return undefined;
  const { items, strange, isVague = false } = await comparedItems(inquiry);
  if (items.length < 2) return undefined;
  const asked = aspectsAsked(inquiry);
  const told = items.map((item) => [...new Set(asked.flatMap((word) => statementsOn(item, word)))]);
  const silent = asked.filter((word) => !vagueAspects.has(word) && !items.some((item) => says(item, word)));
  const ignored = [...strange, ...silent];
  const lines = items.map((item, place) => [lineOf(item, inquiry), ...(told[place] ?? [])].join('; '));
  // Words of degree stand in the answer as they were asked.
  const degree = isVague ? wordsOf(cues.cheaper.exec(folded)?.[0] ?? '') : undefined;
  const words = cues.compare.test(folded) && !isVague ? '' : spokenWords(inquiry, degree);
  const ofPrice = asked.length === 0 && !isVague ? verdict(items, inquiry) : [];
  return {
    text: [
      ...(ignored.length === 0 ? [] : [phrases.ignored(ignored.join(' '))]),
      words === '' && !isVague ? phrases.comparison : phrases.unranked(words),
      ...lines,
      ...ofPrice,
    ].join('\n'),
    items: recommend(items, { inquiry, reasons: () => [] }),
    suggestions: items.slice(0, 2).map(({ title }) => phrases.ask.stock(title)),
  };
}

const says = (item: Item, word: string): boolean => statementsOn(item, word).length > 0;

/** Whether it is asked which of several has more of something: `which one is lighter`, `the widest desk`. */
function asksDegree({ request: { cues, folded, words, minPrice, maxPrice, without } }: Inquiry): boolean {
  const isPriced = [cues.cheapest, cues.dearest, cues.cheaper].some((cue) => cue.test(folded));
  if (isPriced || minPrice !== undefined || maxPrice !== undefined || without.length > 0) return false;
  return cues.degree.test(folded) && (cues.which.test(folded) || words.some(isAspect));
}

/** What is asked of each: aspects, and what is said of degree. */
function aspectsAsked({ request: { words, cues } }: Inquiry): readonly string[] {
  const asked = words.filter((word) => isAspect(word) || cues.degree.test(word));
  // The longest battery life is no length.
  const named = asked.filter((word) => !cues.degree.test(word));
  return named.length > 0 ? named : asked;
}

interface Compared {
  readonly items: readonly Item[];
  /** Words by which no product is called. */
  readonly strange: readonly string[];
  /** Whether a part stands for several products, as a brand does: which of all those costs less, two of them do not tell. */
  readonly isVague?: boolean;
}

async function comparedItems(inquiry: Inquiry): Promise<Compared> {
  const { cues, folded, words, isContent } = inquiry.request;
  const placed = await itemsAtPlaces(inquiry);
  if (placed.length > 1) return { items: placed, strange: [] };
  const parts = folded
    .split(cues.separator)
    .map((part) => (part.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => isContent(word) && words.includes(word)))
    .map((part) =>
      cues.compare.test(folded) ? part : part.filter((word) => !isAspect(word) && !cues.degree.test(word)),
    )
    .filter((part) => part.length > 0);
  const found: Item[] = [];
  const strange: string[] = [];
  let isVague = false;
  for (const part of parts.slice(0, maxCompared)) {
    const named = await ofKindNamedIn(part, inquiry);
    const [item] = named;
    const isSeveral = named.length > 1 && !(item !== undefined && isNamed(item, { words: part, isContent }));
    isVague ||= isSeveral;
    if (item === undefined) strange.push(...part);
    else found.push(...named.slice(0, isSeveral && parts.length > 1 ? maxOfPart : 1));
  }
  const items = distinct(found);
  const [only] = items;
  const [part] = parts;
  // `compare laptops`
  const ofOne = parts.length === 1 && part !== undefined ? await ofKindNamedIn(part, inquiry) : [];
  if (parts.length === 1 && part !== undefined && (!pointsBack(inquiry.request) || ofOne.length > 1)) {
    const named = ofOne;
    const things = part.filter(isThing);
    // `which laptop has the longest battery life`
    if (named.length > 0 || things.length === 0) return { items: named, strange };
    return { items: await ofKindNamedIn(things, inquiry), strange: part.filter((word) => !isThing(word)) };
  }
  if (only === undefined) return { items: await shownBefore(inquiry), strange };
  // `Compare this with the desk`
  const other = items.length === 1 ? await contextItem(inquiry) : undefined;
  return { items: other === undefined ? items : distinct([other, ...items]), strange, isVague };
}

/** `the first and the third one` */
async function itemsAtPlaces(inquiry: Inquiry): Promise<readonly Item[]> {
  const { cues, folded } = inquiry.request;
  const places = [...cues.ordinals.keys()].filter((place) => cues.ordinals[place]?.test(folded));
  if (places.length < 2) return [];
  const items = await Promise.all(places.map((place) => inquiry.listed(place)));
  return items.flatMap((item) => item ?? []);
}

/** So many are shown of a part that stands for several. */
const maxOfPart = 2;

/** Products that are called by all words of a part, the best first. */
async function allNamedIn(part: readonly string[], inquiry: Inquiry): Promise<readonly Item[]> {
  const text = part.map((word) => knownWord(word, inquiry) ?? word).join(' ');
  const matches = await inquiry.search({ text, limit: maxCompared, filters: {} });
  return matches.map(({ item }) => item).filter((item) => part.every((word) => isNearlyCalled(item, word)));
}

/** The same; of several only those that are what the words name: a power adapter is no laptop. */
async function ofKindNamedIn(part: readonly string[], inquiry: Inquiry): Promise<readonly Item[]> {
  const named = await allNamedIn(part, inquiry);
  const ofKind = named.filter((item) => isOfKind(item, part));
  return ofKind.length > 1 ? ofKind : named;
}

async function shownBefore(inquiry: Inquiry): Promise<readonly Item[]> {
  const before = (await inquiry.lastAnswer())?.items ?? [];
  const latest = (await inquiry.answers()).find(({ items }) => items.length > 1)?.items;
  if (before.length <= 1 && inquiry.pageItem === undefined && latest !== undefined) return latest.slice(0, maxCompared);
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
