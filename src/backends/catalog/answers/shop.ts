import type { Facet } from '../../../catalog/index.ts';
import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { notes, spokenWords } from './showing.ts';
import { openings } from './small-talk.ts';

/** As many names as a sentence can hold. */
const maxNames = 8;

/** What the shop sells: its brands and its categories. */
export function answerShop(inquiry: Inquiry): Answer | undefined {
  const { catalog, request } = inquiry;
  const { cues, folded, phrases, words } = request;
  if (words.length > 0) return undefined;
  if (cues.brands.test(folded) && catalog.brands.length > 0)
    return say(phrases.brands(nameList(catalog.brands, inquiry)), openings(inquiry));
  if (!cues.categories.test(folded) || catalog.categories.length === 0) return undefined;
  return say(phrases.categories(nameList(catalog.categories, inquiry)), openings(inquiry));
}

/** Says that there is nothing, and what there is. */
export function answerNothing(inquiry: Inquiry): Answer {
  const { catalog, request } = inquiry;
  const words = spokenWords(inquiry);
  const categories = catalog.categories.length === 0 ? '' : nameList(catalog.categories, inquiry);
  return say([...notes(inquiry), request.phrases.nothing({ words, categories })].join(' '), openings(inquiry));
}

function nameList(facets: readonly Facet[], { request: { phrases } }: Inquiry): string {
  const names = facets.slice(0, maxNames).map(({ name }) => name);
  return new Intl.ListFormat(phrases.language, { type: 'conjunction' }).format(names);
}
