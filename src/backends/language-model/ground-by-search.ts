import { contentWords } from '../../catalog/index.ts';
import { catalogFacts, factsOf, surroundingFacts } from './catalog-facts.ts';
import type { GroundingOptions } from './ground-by-tools.ts';
import { failed, type Grounding, namedIn } from './grounding.ts';

/** As many products as a small model can keep apart. Our choice. */
const maxFinds = 8;

/**
 * Searches with the visitor's words, and tells a model without tools what was found. Shown is what its text names; where it names
 * nothing, what has every word that the visitor looks for. Our choice.
 */
export async function groundBySearch(text: string, options: GroundingOptions): Promise<Grounding> {
  const { catalog, signal, surroundings, limit } = options;
  const favourites = [surroundings.page, ...surroundings.seen].flatMap((item) => item?.id ?? []);
  // Without a word that could name a product the catalogue would list everything.
  const matches =
    contentWords(text).length === 0 ? [] : await catalog.search({ text, limit: maxFinds, favourites }, signal);
  const found = matches.map(({ item }) => item);
  const exact = matches.filter(({ matched }) => matched === 'all').map(({ item }) => item);
  const query = contentWords(text).join(' ');
  return {
    rules,
    facts: {
      ...catalogFacts(catalog),
      ...surroundingFacts(surroundings),
      found_for_the_message_the_best_first: found.map(factsOf),
    },
    tools: [],
    run: async (call) => failed(call, 'There are no tools'),
    itemsFor(answer) {
      const named = namedIn(answer, found);
      return (named.length > 0 ? named : exact).slice(0, limit).map((item) => ({ ...item, query }));
    },
  };
}

const rules = [
  'You answer visitors of a shop. Speak only of products that are told in the data before the message, by their exact titles, with prices',
  'and stock as told there. Never make up a product, a price or an offer; if nothing fits, say so. The visitor sees the products that you name with',
  'picture, price and link beside your text: write no ids, links or tables into it.',
].join(' ');
