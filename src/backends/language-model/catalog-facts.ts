import { defined, type Item, type Turn } from '../../canonical/index.ts';
import { type Catalog, variantStock } from '../../catalog/index.ts';
import { detailsOf } from '../catalog/product-text.ts';
import type { Asked } from './prompt.ts';

/** More than this of a description, a list of names, or of what was seen says little to a model, and costs. Our choice. */
const maxDescription = 300;
const maxNames = 20;
const maxSeen = 10;

/** A product as a model is told of it. */
export function factsOf(item: Item): object {
  const stock = variantStock(item).map(({ values, quantity }) => `${values.join(' / ')}: ${quantity}`);
  return defined({
    id: item.id,
    title: item.title,
    brand: item.brand,
    price: item.price === undefined ? undefined : [item.price, item.currency].filter(Boolean).join(' '),
    price_note: item.priceNote,
    availability: item.availability,
    quantity: item.quantity,
    category: item.category,
    description: item.description?.slice(0, maxDescription),
    details: detailsOf(item),
    in_stock: stock.length === 0 ? undefined : stock.join(', '),
    notes: item.flags?.map(({ title, text }) => `${title}: ${text}`),
  });
}

/** What a shop sells, in a few lines. */
export function describeCatalog({ size, currency, brands, categories }: Catalog): string {
  const list = (facets: Catalog['brands']) => facets.slice(0, maxNames).map(({ name }) => name);
  return [
    `The catalogue has ${size} products${currency === undefined ? '' : `, with prices in ${currency}`}.`,
    ...(categories.length === 0 ? [] : [`Categories: ${list(categories).join(', ')}.`]),
    ...(brands.length === 0 ? [] : [`Brands: ${list(brands).join(', ')}.`]),
  ].join('\n');
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
export function surroundingsOf({ turn, stored }: Asked, catalog: Catalog): Surroundings {
  const current = (ids: readonly string[]) =>
    [...new Set(ids.toReversed())].slice(0, maxSeen).flatMap((id) => catalog.get(id) ?? []);
  return {
    page: turn.pageUrl === undefined ? undefined : catalog.findByUrl(turn.pageUrl),
    seen: current(lookedAt(turn)),
    shown: current(stored.flatMap(({ items }) => items.map(({ id }) => id))),
  };
}

const lookedAt = ({ activity }: Turn): readonly string[] => activity.flatMap(({ itemId }) => itemId ?? []);

/** The products around a turn as lines for a model; empty if there are none. */
export function describeSurroundings({ page, seen, shown }: Surroundings): string {
  const line = (words: string, items: readonly Item[]) =>
    items.length === 0
      ? []
      : [`${words}: ${JSON.stringify(items.map(({ id, title, price }) => ({ id, title, price })))}`];
  return [
    ...(page === undefined ? [] : [`The visitor is on the page of this product: ${JSON.stringify(factsOf(page))}`]),
    ...line('The visitor looked at these, the latest first', seen),
    ...line('These were shown in this conversation, the latest first', shown),
  ].join('\n');
}
