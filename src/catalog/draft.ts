import { type Attribute, type Availability, defined, type Item } from '../canonical/index.ts';
import type { CatalogItem, Variant } from './catalog-item.ts';
import { compareAmounts } from './price.ts';
import { type Pricing, priceAt, turnsOf } from './pricing.ts';

/** A product, or one choice of it, as its row says it: what holds at a time is still to be told. */
export interface Draft {
  /** Where its row begins. */
  readonly line: number;
  readonly item: Partial<Item>;
  readonly pricing: Pricing;
  readonly stock: DraftStock;
  /** Not on sale any more from then on, in milliseconds since 1970. */
  readonly expires?: number;
  /** What a choice is chosen by. */
  readonly options: readonly Attribute[];
  readonly variants: readonly Draft[];
  /** The product that it is a choice of, by whatever the file calls that. */
  readonly group?: string;
  /** Whether it is that product itself. */
  readonly isParent: boolean;
  /** The rows that are its choices, by their ids. */
  readonly children: readonly { readonly id: string; readonly options: readonly Attribute[] }[];
}

export interface DraftStock {
  readonly availability?: Availability;
  readonly quantity?: number;
}

/** What a product is called, and when it is looked at, in milliseconds since 1970. */
export interface ItemTime {
  readonly id: string;
  readonly at: number;
}

/** A product as it is at a time. Of a draft that has a title. */
export function itemAt(draft: Draft, { id, at }: ItemTime): CatalogItem {
  const { item, variants: drafts, expires } = draft;
  const choices = drafts.map((variant) => choiceAt(variant, at));
  const variants = choices.map(({ variant }) => variant);
  const price = spanOf(choices, priceAt(draft.pricing, at));
  const stock = variants.length === 0 ? draft.stock : stockOf(variants, draft.stock);
  const span = price?.highest === undefined ? undefined : `${price.amount} – ${price.highest}`;
  // Each by its name: to spread an object costs many times as much, and there are very many.
  return defined({
    id,
    title: item.title ?? '',
    brand: item.brand,
    description: item.description,
    url: item.url,
    imageUrl: item.imageUrl,
    price: price?.amount,
    highestPrice: price?.highest,
    priceNote: item.priceNote ?? price?.note ?? span,
    currency: price?.currency,
    status: expires !== undefined && at >= expires ? 'expired' : item.status,
    availability: stock.availability,
    quantity: stock.quantity,
    category: item.category,
    attributes: someOf(mergeAttributes(item.attributes ?? [], variants)),
    location: item.location,
    flags: item.flags,
    variants: someOf(variants),
  });
}

/** More moments than these of one product are not followed. */
const maxTurns = 100;

/** The moments after a time at which a product may become another one, the earliest first. */
export function turnsAfter(draft: Draft, at: number): readonly number[] {
  const all = [draft, ...draft.variants].flatMap(({ pricing, expires }) => [
    ...turnsOf(pricing),
    ...(expires === undefined ? [] : [expires]),
  ]);
  if (all.length === 0) return [];
  return [...new Set(all)]
    .filter((turn) => turn > at)
    .toSorted((a, b) => a - b)
    .slice(0, maxTurns);
}

const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

interface Span {
  readonly amount: string;
  readonly highest?: string;
  readonly currency?: string;
  readonly note?: string;
}

function choiceAt(
  { item, pricing, stock, options }: Draft,
  at: number,
): { readonly variant: Variant; readonly span?: Span } {
  const span = priceAt(pricing, at);
  const variant = defined({
    id: item.id,
    options,
    price: span?.amount,
    availability: stock.availability,
    quantity: stock.quantity,
    url: item.url,
    imageUrl: item.imageUrl,
  });
  return { variant, ...(span && { span }) };
}

/** From the cheapest choice to the dearest; the product's own price where they name none, or are in several currencies. */
function spanOf(choices: readonly { readonly span?: Span }[], own: Span | undefined): Span | undefined {
  const spans = choices.flatMap(({ span }) => span ?? own ?? []);
  const [first] = spans;
  if (first === undefined || choices.every(({ span }) => span === undefined)) return own;
  if (spans.some(({ currency }) => currency !== first.currency)) return own ?? first;
  const lowest = spans.reduce((best, span) => (compareAmounts(span.amount, best.amount) < 0 ? span : best));
  const highest = spans
    .map((span) => span.highest ?? span.amount)
    .reduce((best, amount) => (compareAmounts(amount, best) > 0 ? amount : best));
  const { highest: _, ...low } = lowest;
  return compareAmounts(highest, lowest.amount) > 0 ? { ...low, highest } : low;
}

/** The most available first. */
const order: readonly Availability[] = ['in-stock', 'limited', 'preorder', 'out-of-stock'];

/** What a product cannot be had in at all it is not had in by any choice; otherwise it is there as far as its choices are. */
function stockOf(variants: readonly Variant[], own: DraftStock): DraftStock {
  const counts = variants.flatMap(({ quantity }) => quantity ?? []);
  const total = counts.length === variants.length ? counts.reduce((sum, count) => sum + count, 0) : undefined;
  const known = order.find((availability) => variants.some((variant) => variant.availability === availability));
  const isSaid = variants.some(({ availability }) => availability !== undefined);
  const availability = own.availability === 'out-of-stock' || !isSaid ? own.availability : known;
  return defined({ availability, quantity: total ?? (isSaid ? undefined : own.quantity) });
}

/** A product's own attributes, and the values of its options, each once. */
function mergeAttributes(own: readonly Attribute[], variants: readonly Variant[]): readonly Attribute[] {
  if (variants.length === 0) return own;
  const all = [...own, ...variants.flatMap(({ options }) => options)];
  return [...new Map(all.map((attribute) => [`${attribute.key}\n${attribute.value}`, attribute])).values()];
}
