import type { Item } from '../../canonical/index.ts';
import type { Catalog } from '../../catalog/index.ts';
import { parseJson } from '../../dialects/json.ts';
import type { Guard } from '../../dialects/schema.ts';
import { catalogFacts, type Surroundings, surroundingFacts } from './catalog-facts.ts';
import { failed, type Grounding, namedIn, type ToolOutcome } from './grounding.ts';
import type { ToolCall } from './model.ts';
import { type SearchArguments, searchCatalog, searchGuard, searchTool } from './search-catalog.ts';
import { type ShowArguments, showGuard, showItems, showTool } from './show-items.ts';

export interface GroundingOptions {
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
  /** At most this many products are shown. */
  readonly limit: number;
}

/** Lets the model look things up itself, and show what it chooses. */
export function groundByTools({ catalog, signal, surroundings, limit }: GroundingOptions): Grounding {
  const favourites = [surroundings.page, ...surroundings.seen].flatMap((item) => item?.id ?? []);
  const queries = new Map<string, string>();
  const found = new Map<string, Item>();
  const shown = new Map<string, Item>();
  const search = async (given: SearchArguments): Promise<Ran> => {
    const { items, content } = await searchCatalog(given, { catalog, signal, favourites });
    for (const item of items) {
      found.set(item.id, item);
      queries.set(item.id, given.query);
    }
    return { content, items: [] };
  };
  const show = async (given: ShowArguments): Promise<Ran> =>
    showItems(given, { catalog, signal, limit, shown, queries });
  const tools = new Map([
    [searchTool.name, (call: ToolCall) => runWith(searchGuard, call, search)],
    [showTool.name, (call: ToolCall) => runWith(showGuard, call, show)],
  ]);
  return {
    rules: rulesFor(limit),
    facts: { ...catalogFacts(catalog), ...surroundingFacts(surroundings) },
    tools: limit > 0 ? [searchTool, showTool] : [searchTool],
    run: async (call) => tools.get(call.name)?.(call) ?? failed(call, `There is no tool ${call.name.slice(0, 64)}`),
    // Models forget to show what they speak of.
    itemsFor: (text) => (shown.size > 0 ? [] : namedIn(text, [...found.values()]).slice(0, limit)),
  };
}

const rulesFor = (limit: number): string =>
  [
    'You answer visitors of a shop. What it sells is in its catalogue and nowhere else: call search_catalog before you speak of',
    'products, and speak only of products that it found, by their exact titles, with prices and stock as told there. Never make up a',
    'product, a price or an offer; if nothing fits, say so.',
    ...(limit > 0
      ? [
          `Call show_items with the ids of what you recommend, ${limit} at most: the visitor sees each with picture, price and link`,
          'beside your text. Write no ids, links or tables into your text.',
        ]
      : []),
  ].join(' ');

interface Ran {
  readonly content: string;
  readonly items: readonly Item[];
}

/** Runs a tool if its arguments are what its schema says; otherwise the model is told what is wrong with them. */
async function runWith<T>(guard: Guard<T>, call: ToolCall, run: (given: T) => Promise<Ran>): Promise<ToolOutcome> {
  const value = call.arguments.trim() === '' ? {} : parseJson(call.arguments);
  if (value === undefined) return failed(call, 'The arguments are not JSON');
  const given = withoutNulls(value);
  if (!guard.accepts(given)) {
    const wrong = guard.violations(given).map(({ path, message }) => `${path.join('.') || 'the arguments'} ${message}`);
    return failed(call, wrong.slice(0, 5).join('; '));
  }
  const { content, items } = await run(given);
  return { result: { callId: call.id, content, failed: false }, items };
}

/** Models write null for what they leave out. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}
