import type { Item } from '../../../canonical/index.ts';
import { compareAmounts } from '../../../catalog/index.ts';
import { type Answer, say } from '../answer.ts';
import { distinct } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Reason } from '../language/index.ts';
import { listOf, recommend } from '../product-text.ts';
import { contextItem, findSubject } from '../subject.ts';

/** Products like another one, or cheaper ones. */
export async function answerAlternatives(inquiry: Inquiry): Promise<Answer | undefined> {
  const { phrases, cues, folded, words } = inquiry.request;
  // `hoodies, but cheaper` looks for hoodies; `cheaper ones` for what is like the subject.
  const cheaper = cues.cheaper.test(folded) && (words.length === 0 || cues.compare.test(folded));
  if (!cheaper && !cues.similar.test(folded)) return undefined;
  const item = cheaper && words.length === 0 ? await contextItem(inquiry) : await itemMeant(inquiry);
  if (item === undefined) return undefined;
  const others = cheaper ? await cheaperThan(item, inquiry) : await alternativesOf(item, inquiry);
  if (others.length === 0) return say(cheaper ? phrases.noCheaper(item.title) : phrases.noAlternative(item.title));
  const shown = others.slice(0, inquiry.limit);
  const intro = cheaper ? phrases.cheaperThan(item.title) : phrases.alternatives(item.title);
  const reasons = (_: Item, place: number): readonly Reason[] => (cheaper && place === 0 ? [{ kind: 'cheapest' }] : []);
  return {
    text: `${intro}\n${listOf(shown, inquiry)}`,
    items: recommend(shown, { inquiry, reasons }),
    suggestions: shown.slice(0, 2).map(({ title }) => phrases.ask.stock(title)),
  };
}

async function itemMeant(inquiry: Inquiry): Promise<Item | undefined> {
  const subject = await findSubject(inquiry);
  return subject.kind === 'one' ? subject.item : undefined;
}

/** What costs less than a product of the same category, the cheapest first. */
async function cheaperThan(item: Item, { searchAnyPrice }: Inquiry): Promise<readonly Item[]> {
  if (item.category === undefined || item.price === undefined) return [];
  const filters = { category: item.category, maxPrice: item.price };
  const found = await searchAnyPrice({ text: '', order: 'cheapest', limit: maxLooked, filters });
  return found.map((match) => match.item).filter((other) => isCheaper(other, item));
}

const isCheaper = (a: Item, b: Item): boolean =>
  a.price !== undefined && b.price !== undefined && a.currency === b.currency && compareAmounts(a.price, b.price) < 0;

/** So many of a category are looked through. */
const maxLooked = 50;

/** Products of the same category that can be had, those with the same words in their titles first. */
export async function alternativesOf(item: Item, { searchAnyPrice }: Inquiry): Promise<readonly Item[]> {
  if (item.category === undefined) return [];
  const filters = { category: item.category, available: true };
  const alike = await searchAnyPrice({ text: item.title, limit: maxLooked, filters });
  const rest = await searchAnyPrice({ text: '', limit: maxLooked, filters });
  const others = [...alike, ...rest].map((match) => match.item).filter(({ id }) => id !== item.id);
  return distinct(others);
}
