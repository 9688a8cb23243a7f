import { defined, type Item } from '../../canonical/index.ts';
import type { Catalog } from '../../catalog/index.ts';
import { readSchema, schemaGuard } from '../../dialects/schema.ts';
import { factsOf } from './catalog-facts.ts';
import type { Tool } from './model.ts';
import { toData } from './turn-data.ts';

/** As `schemas/language-model/search-catalog.json` has it. */
export interface SearchArguments {
  readonly query: string;
  readonly min_price?: number;
  readonly max_price?: number;
  readonly brand?: string;
  readonly category?: string;
  readonly available?: boolean;
  readonly order?: 'relevance' | 'cheapest' | 'dearest';
  readonly limit?: number;
}

export const searchGuard = schemaGuard<SearchArguments>('language-model/search-catalog.json');

const { $schema: _, title: __, ...parameters } = readSchema('language-model/search-catalog.json');

export const searchTool: Tool = {
  name: 'search_catalog',
  description: "Searches the shop's catalogue. Gives products with their ids, prices and stock as they are now.",
  parameters,
};

const usualLimit = 8;

/** What a model's search finds, and the same as it is told. */
export async function searchCatalog(
  { query, min_price, max_price, brand, category, available, order, limit = usualLimit }: SearchArguments,
  {
    catalog,
    signal,
    favourites,
  }: { readonly catalog: Catalog; readonly signal: AbortSignal; readonly favourites: readonly string[] },
): Promise<{ readonly items: readonly Item[]; readonly content: string }> {
  const matches = await catalog.search(
    defined({
      text: query,
      limit,
      order,
      favourites,
      filters: defined({
        minPrice: min_price?.toString(),
        maxPrice: max_price?.toString(),
        brand: brand || undefined,
        category: category || undefined,
        available,
      }),
    }),
    signal,
  );
  const products = matches.map(({ item, matched }) => ({ ...factsOf(item), matches: matchWords[matched] }));
  const content = products.length === 0 ? { products, note: 'Nothing was found: try other words' } : { products };
  return { items: matches.map(({ item }) => item), content: toData(content) };
}

/** So that a model does not take what is merely like it for what was asked for. */
const matchWords = { all: 'all words', some: 'some of the words', similar: 'similar words only' } as const;
