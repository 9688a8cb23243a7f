import { defined, type Turn } from '../../canonical/index.ts';
import type { Catalog, CatalogItem as Item, Variant } from '../../catalog/index.ts';
import { detailsOf } from '../catalog/product-text.ts';
import type { Asked } from './prompt.ts';

/** More than this of a description, a list of names, or of what was seen says little to a model, and costs. Our choice. */
const maxDescription = 300;
const maxNames = 20;
const maxSeen = 10;
const maxChoices = 60;

/** A product as a model is told of it. */
export function factsOf(item: Item): object {
  return defined({
    id: item.id,
    title: item.title,
    brand: item.brand,
    price: item.price === undefined ? undefined : [item.price, item.currency].filter(Boolean).join(' '),
    highest_price: item.highestPrice,
    price_note: item.priceNote,
    availability: item.availability,
    quantity: item.quantity,
    category: item.category,
    description: item.description?.slice(0, maxDescription),
    details: detailsOf(item),
    choices: item.variants?.slice(0, maxChoices).map(choiceOf),
    notes: item.flags?.map(({ title, text }) => `${title}: ${text}`),
  });
}

/** A choice in a line: `L / blue, 21.00, in-stock, 4 left`. */
const choiceOf = ({ options, price, availability, quantity }: Variant): string =>
  [
    options.map(({ value }) => value).join(' / '),
    price,
    availability,
    quantity === undefined ? undefined : `${quantity} left`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');

/** What a shop sells, in a few facts. */
export function catalogFacts({ size, currency, brands, categories }: Catalog): object {
  const list = (facets: Catalog['brands']) => facets.slice(0, maxNames).map(({ name }) => name);
  return { catalogue: defined({ products: size, currency, categories: list(categories), brands: list(brands) }) };
}

/** Products that the visitor has before them or had, by what the client and the conversation tell, as they are today. */
export interface Surroundings {
  readonly page: Item | undefined;
  /** The latest first. */
  readonly seen: readonly Item[];
  /** What was shown in this conversation, the latest first. */
  readonly shown: readonly Item[];
}

/** Looks up what surrounds a turn. */
export async function surroundingsOf(
  { turn, stored }: Asked,
  { catalog, signal }: { readonly catalog: Catalog; readonly signal: AbortSignal },
): Promise<Surroundings> {
  const seen = latestOf(lookedAt(turn));
  const shown = latestOf(stored.flatMap(({ items }) => items.map(({ id }) => id)));
  const [page, today] = await Promise.all([
    turn.pageUrl === undefined ? undefined : catalog.findByUrl(turn.pageUrl, signal),
    catalog.get([...new Set([...seen, ...shown])], signal),
  ]);
  const current = (ids: readonly string[]) => ids.flatMap((id) => today.get(id) ?? []);
  return { page, seen: current(seen), shown: current(shown) };
}

const latestOf = (ids: readonly string[]): readonly string[] => [...new Set(ids.toReversed())].slice(0, maxSeen);

const lookedAt = ({ activity }: Turn): readonly string[] => activity.flatMap(({ itemId }) => itemId ?? []);

/** The products around a turn as facts; none if there are none. */
export function surroundingFacts({ page, seen, shown }: Surroundings): object {
  const brief = (items: readonly Item[]) =>
    items.length === 0 ? undefined : items.map(({ id, title, price }) => defined({ id, title, price }));
  return defined({
    product_on_the_page: page && factsOf(page),
    looked_at_the_latest_first: brief(seen),
    shown_before_the_latest_first: brief(shown),
  });
}
