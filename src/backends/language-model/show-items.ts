import { defined, type Item } from '../../canonical/index.ts';
import { type Catalog, isOnSale, toItem } from '../../catalog/index.ts';
import { readSchema, schemaGuard } from '../../dialects/schema.ts';
import type { Tool } from './model.ts';
import { toData } from './turn-data.ts';

/** As `schemas/language-model/show-items.json` has it. */
export interface ShowArguments {
  readonly items: readonly { readonly id: string; readonly reason?: string }[];
}

export const showGuard = schemaGuard<ShowArguments>('language-model/show-items.json');

const { $schema: _, title: __, ...parameters } = readSchema('language-model/show-items.json');

export const showTool: Tool = {
  name: 'show_items',
  description: 'Shows products to the visitor, with picture, price and link. Takes ids that search_catalog told.',
  parameters,
};

export interface Showcase {
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
  /** At most this many in the whole answer. */
  readonly limit: number;
  /** What is shown so far, by id. */
  readonly shown: Map<string, Item>;
  /** The search words that found a product, by its id. */
  readonly queries: ReadonlyMap<string, string>;
}

/** Puts products of the catalogue up, and says what became of each id. What the catalogue does not have is shown to nobody. */
export async function showItems(
  { items }: ShowArguments,
  { catalog, signal, limit, shown, queries }: Showcase,
): Promise<{ readonly items: readonly Item[]; readonly content: string }> {
  const fresh: Item[] = [];
  const unknown: string[] = [];
  const leftOut: string[] = [];
  const known = await catalog.get(
    items.map(({ id }) => id),
    signal,
  );
  for (const { id, reason } of items) {
    const item = known.get(id);
    if (item === undefined || !isOnSale(item)) unknown.push(id);
    else if (shown.has(id)) continue;
    else if (shown.size >= limit) leftOut.push(id);
    else {
      const recommended = defined({
        ...toItem(item),
        recommendation: reason?.trim() || item.recommendation,
        query: queries.get(id) || undefined,
      });
      shown.set(id, recommended);
      fresh.push(recommended);
    }
  }
  const told = defined({
    shown: fresh.map(({ id }) => id),
    not_in_the_catalogue: unknown.length > 0 ? unknown : undefined,
    left_out: leftOut.length > 0 ? { ids: leftOut, reason: `at most ${limit} are shown` } : undefined,
  });
  return { items: fresh, content: toData(told) };
}
