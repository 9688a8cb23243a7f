import { type CatalogMatch, type CatalogItem as Item, isLike, stemOf, wordsOf } from '../../catalog/index.ts';
import type { Inquiry } from './inquiry.ts';

/** Which product a message is about: one, several that fit its words, or none that can be told. */
export type Subject =
  | { readonly kind: 'one'; readonly item: Item }
  | { readonly kind: 'several'; readonly matches: readonly CatalogMatch[] }
  | { readonly kind: 'none' };

/** As many candidates as are looked at to tell whether one is meant. */
const candidates = 8;

/** Finds what a message is about: what its words name, or else what "it" must be. */
export async function findSubject(inquiry: Inquiry): Promise<Subject> {
  const { request } = inquiry;
  const pointed = await pointedAt(inquiry);
  if (pointed !== undefined) return { kind: 'one', item: pointed };
  if (request.words.length > 0) {
    const named = await namedBy(inquiry);
    if (named.kind !== 'none') return named;
    // Other words than a product's: a page's visitor asks about the page, anyone else about something that we do not have.
    return inquiry.pageItem === undefined ? named : { kind: 'one', item: inquiry.pageItem };
  }
  const item = await contextItem(inquiry);
  return item === undefined ? { kind: 'none' } : { kind: 'one', item };
}

/** "It" on a product's page with no name of its own, and "the second one" of the last answer. */
async function pointedAt(inquiry: Inquiry): Promise<Item | undefined> {
  const { words, folded, cues } = inquiry.request;
  const named = words.filter((word) => word !== inquiry.request.quality);
  if (named.length > 0) return undefined;
  const place = cues.ordinals.findIndex((ordinal) => ordinal.test(folded));
  if (place !== -1) {
    const item = await inquiry.listed(place);
    if (item !== undefined) return item;
  }
  const asksOfQuality = words.length > 0;
  return asksOfQuality && cues.pointer.test(folded) ? await contextItem(inquiry) : undefined;
}

/** What a message without a name is about: the page, or the later of the last answer's first product and the last one looked at. */
export async function contextItem(inquiry: Inquiry): Promise<Item | undefined> {
  const { pageItem, seen, turn } = inquiry;
  if (pageItem !== undefined) return pageItem;
  const last = await inquiry.lastAnswer();
  const answered = last?.items[0];
  const latest = seen[0];
  if (answered === undefined || latest === undefined) return answered ?? latest;
  const seenAt = turn.activity.findLast(({ itemId }) => itemId === latest.id)?.timestamp ?? '';
  return Date.parse(seenAt) > Date.parse(last?.at ?? '') ? latest : answered;
}

async function namedBy(inquiry: Inquiry): Promise<Subject> {
  const { words: all, quality } = inquiry.request;
  const named = all.filter((word) => word !== quality);
  const words = named.length > 0 ? named : all;
  const found = await inquiry.search({ text: words.join(' '), limit: candidates, filters: {} });
  const matches = found.filter(({ matched }) => matched !== 'some');
  const [first, second] = matches;
  if (first === undefined) return nearlyNamed(found, words);
  const page = matches.find(({ item }) => item.id === inquiry.pageItem?.id);
  if (page !== undefined) return { kind: 'one', item: page.item };
  const meant = matches.find(({ item }) => item.id === words[0]) ?? matches.find(({ item }) => isNamed(item, words));
  if (meant !== undefined) return { kind: 'one', item: meant.item };
  return second === undefined ? { kind: 'one', item: first.item } : { kind: 'several', matches };
}

/** The one product whose title has more of the words than any other's, where it has two at least: `how heavy is the trail tent`. */
function nearlyNamed(found: readonly CatalogMatch[], words: readonly string[]): Subject {
  const shared = ({ title }: Item) => {
    const parts = wordsOf(title).map(stemOf);
    return words.filter((word) => parts.some((part) => isLike(stemOf(word), part))).length;
  };
  const [best, next] = found.map(({ item }) => ({ item, count: shared(item) })).toSorted((a, b) => b.count - a.count);
  return best !== undefined && best.count >= 2 && best.count > (next?.count ?? 0)
    ? { kind: 'one', item: best.item }
    : { kind: 'none' };
}

/** Whether a text has every word of a product's title, typing errors allowed. */
export function isNamed({ title }: Item, words: readonly string[]): boolean {
  const said = words.map(stemOf);
  const parts = wordsOf(title).map(stemOf);
  return parts.length > 0 && parts.every((part) => said.some((word) => isLike(word, part)));
}
