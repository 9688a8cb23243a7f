import { type CatalogItem as Item, wordsOf } from '../../catalog/index.ts';
import { isCalled, isNearlyCalled, isNearlyIn, isOfKind, knownWord, states, termsOf } from './facts.ts';
import type { Inquiry } from './inquiry.ts';
import { isAspect, isColour, isKind, isThing } from './language/concepts.ts';
import type { Request } from './request.ts';

/** Which product a message is about: one, with what else is said; several that its words fit; none; or one that cannot be told. */
export type Subject =
  | { readonly kind: 'one'; readonly item: Item; readonly named: boolean; readonly rest: readonly string[] }
  | { readonly kind: 'several' | 'none' | 'unclear' };

/** Finds what a message is about: what its words name, or else what "it" must be. */
export async function findSubject(inquiry: Inquiry): Promise<Subject> {
  const { cues, folded, words } = inquiry.request;
  const place = cues.ordinals.findIndex((ordinal) => ordinal.test(folded));
  if (place !== -1) {
    const item = await inquiry.listed(place);
    if (item !== undefined) return about(item, words);
  }
  const named = meantOf(await candidatesFor(inquiry), inquiry);
  const isSure = named.kind === 'one' && isNamed(named.item, inquiry.request);
  if (isSure || (named.kind === 'one' && named.item.id === inquiry.pageItem?.id)) return named;
  // `Is the keyboard backlit?` on the page of a laptop whose text speaks of that.
  const { pageItem } = inquiry;
  if (pageItem !== undefined && words.length > 1 && words.every((word) => states(pageItem, word)))
    return about(pageItem, words);
  if (named.kind !== 'none' && (await isOfOtherKind(inquiry))) return oneOfKind(inquiry, named);
  if (cues.pointer.test(folded)) return ofContext(inquiry, named);
  if (cues.demonstrative.test(folded)) {
    const item = await contextItem(inquiry);
    // `this tent` is the one on the page if that is a tent.
    if (item !== undefined && words.some((word) => isCalled(item, word))) return about(item, words);
    return named.kind === 'none' && !namesOther(inquiry) ? ofContext(inquiry, named) : named;
  }
  if (named.kind === 'none' && goesOn(inquiry)) return ofContext(inquiry, named);
  // `Does the hood come off?` after a jacket with one.
  const isQuestion = words.length > 0 && cues.question.test(folded) && !cues.seek.test(folded);
  if (named.kind === 'one' || !isQuestion) return named;
  const [only, other] = (await inquiry.lastAnswer())?.items ?? [];
  const isOfLast = only !== undefined && other === undefined && words.some((word) => states(only, word));
  return isOfLast ? about(only, words) : named;
}

/** Whether a message names a kind of product that what was spoken of is not: `la tenda è impermeabile?` after a lamp. */
async function isOfOtherKind(inquiry: Inquiry): Promise<boolean> {
  const { cues, folded, words } = inquiry.request;
  // What is named after an `it` is what it is asked to have: `does it come with a charger?`.
  const before = folded.slice(0, cues.pointer.exec(folded)?.index ?? 0);
  const kinds = words.filter((word) => isKind(word) && !isAspect(word) && before.includes(word));
  if (kinds.length === 0) return false;
  const item = await contextItem(inquiry);
  return item !== undefined && kinds.every((word) => !states(item, word));
}

/** Of several that are called by some words, the one that is of the kind that was named. */
async function oneOfKind(inquiry: Inquiry, named: Subject): Promise<Subject> {
  if (named.kind !== 'several') return named;
  const kinds = inquiry.request.words.filter(isKind);
  const [only, other] = (await candidatesFor(inquiry)).filter(({ item }) => isOfKind(item, kinds));
  return only === undefined || other !== undefined ? named : about(only.item, inquiry.request.words, true);
}

/** Whether a message without a pointer is about the page, or the last product: nothing else is looked for. */
function goesOn({ pageItem, request: { cues, folded, words } }: Inquiry): boolean {
  // `What do you have in green?` asks the shop.
  if (cues.categories.test(folded)) return false;
  const isPlain = words.every((word) => isColour(word) || isAspect(word) || isAmount(word));
  return isPlain || (pageItem !== undefined && !cues.seek.test(folded));
}

const isAmount = (word: string): boolean => /^\d{1,3}$/.test(word);

/** Whether a noun stands in a text of a language that writes nouns so: `der Bohrer` is no `der` that points. */
const namesOther = ({ speech, request: { text, words, typed } }: Inquiry): boolean => {
  const named = new Set([...words, ...typed.values()]);
  return (
    speech.hasCapitalNouns === true &&
    [...text.matchAll(/\b\p{Lu}[\p{L}-]+/gu)].some(
      ({ 0: noun, index }) => index > 0 && named.has(wordsOf(noun)[0] ?? ''),
    )
  );
};

/** What "it" is; without that, whatever was named. */
async function ofContext(inquiry: Inquiry, named: Subject): Promise<Subject> {
  const item = await contextItem(inquiry);
  if (item !== undefined) return about(item, inquiry.request.words);
  return named.kind === 'none' ? { kind: 'unclear' } : named;
}

const about = (item: Item, words: readonly string[], named = false): Subject => ({
  kind: 'one',
  item,
  named,
  rest: words.filter((word) => !isCalled(item, word)),
});

/** As many candidates as are looked at to tell whether one is meant. */
const maxCandidates = 40;

interface Candidate {
  readonly item: Item;
  readonly count: number;
}

/** Products that are called by some of a message's words, the most of them first. */
async function candidatesFor(inquiry: Inquiry): Promise<readonly Candidate[]> {
  const { request } = inquiry;
  if (request.words.length === 0) return [];
  const text = request.words.map((word) => knownWord(word, inquiry) ?? word).join(' ');
  const found = await inquiry.search({ text, limit: maxCandidates, filters: {} });
  const counted = found
    .map(({ item }) => ({ item, count: request.words.filter((word) => isWordOf(item, word, inquiry)).length }))
    .filter(({ count }) => count > 0);
  // One word names a product where it is the only one of that name: `the polo`. `Waterproof` does not.
  const points = [request.cues.pointer, request.cues.demonstrative].some((cue) => cue.test(request.folded));
  const isOnly = counted.length === 1 && !points && !request.words.some((word) => isThing(word) || isColour(word));
  return counted
    .filter(({ item, count }) => count > 1 || isOnly || isOfKind(item, request.words) || isNamed(item, request))
    .toSorted((a, b) => b.count - a.count);
}

/** A typing error is one only where the catalogue does not know the word. */
const isWordOf = (item: Item, word: string, { knows }: Inquiry): boolean =>
  knows(word) ? isCalled(item, word) : isNearlyCalled(item, word);

function meantOf(candidates: readonly Candidate[], { request, pageItem }: Inquiry): Subject {
  const [best] = candidates;
  if (best === undefined) return { kind: 'none' };
  const equals = candidates.filter(({ count }) => count === best.count);
  const { words } = request;
  const meant =
    equals.find(({ item }) => words.includes(item.id.toLowerCase())) ??
    equals.find(({ item }) => item.id === pageItem?.id) ??
    equals.find(({ item }) => isNamed(item, request)) ??
    (equals.length === 1 ? best : undefined);
  if (meant === undefined) return { kind: 'several' };
  const { item } = meant;
  return { kind: 'one', item, named: true, rest: words.filter((word) => !isNearlyCalled(item, word)) };
}

/** Whether a text has every word of a product's title, typing errors allowed. */
export function isNamed({ title }: Item, { words, isContent }: Pick<Request, 'words' | 'isContent'>): boolean {
  const parts = wordsOf(title).filter(isContent);
  const named = termsOf(words.join(' '));
  return parts.length > 0 && parts.every((part) => isNearlyIn(named, part));
}

/**
 * What a message without a name is about: the product that was named last, otherwise that of the page, otherwise the later of the last
 * answer's first product and the last one looked at.
 */
export async function contextItem(inquiry: Inquiry): Promise<Item | undefined> {
  const { pageItem, seen, turn } = inquiry;
  const named = await namedLast(inquiry);
  if (named !== undefined) return named;
  if (pageItem !== undefined) return pageItem;
  const last = await inquiry.lastAnswer();
  const answered = last?.items[0];
  const latest = seen[0];
  if (answered === undefined || latest === undefined) return answered ?? latest;
  const seenAt = turn.activity.findLast(({ itemId }) => itemId === latest.id)?.timestamp ?? '';
  return Date.parse(seenAt) > Date.parse(last?.at ?? '') ? latest : answered;
}

/** The one product of the last answer, if the visitor has named it since it became the subject. */
async function namedLast(inquiry: Inquiry): Promise<Item | undefined> {
  const answers = await inquiry.answers();
  const item = answers[0]?.items[0];
  if (item === undefined || answers[0]?.items.length !== 1) return undefined;
  for (const { items, asked } of answers) {
    if (items[0]?.id !== item.id || items.length !== 1) return undefined;
    if (wordsOf(asked).some((word) => inquiry.request.isContent(word) && isCalled(item, word))) return item;
  }
  return undefined;
}
