import type { Item } from '../../canonical/index.ts';
import { type CatalogItem, toItem } from '../../catalog/index.ts';
import type { Inquiry } from './inquiry.ts';
import { because, type Phrases, type Reason } from './language/index.ts';

/** A product's stock as a sentence of its own. */
export function stockSentence({ title, ...item }: Item, phrases: Phrases): string {
  return phrases.stock[item.availability ?? 'unknown']({ title, ...countOf(item) });
}

/** A product's stock as a sentence that follows one about it. */
export function stockNote(item: Item, phrases: Phrases): string {
  return phrases.stock[item.availability ?? 'unknown'](countOf(item));
}

const countOf = ({ quantity }: Pick<Item, 'quantity'>) => (quantity === undefined ? {} : { quantity });

/** A product's price as a sentence. */
export function priceSentence(item: CatalogItem, { request: { phrases }, price }: Inquiry): string {
  const shown = price(item);
  if (shown === undefined) return phrases.noPrice(item.title);
  return phrases.price({
    title: item.title,
    price: shown,
    // The note says from where to where as well.
    ...(item.priceNote !== undefined && item.highestPrice === undefined && { note: item.priceNote }),
  });
}

/** A product in one line of a list, for clients that show no products beside the text. */
export function lineOf(item: Item, { request: { phrases }, price }: Inquiry): string {
  const parts = [item.title, price(item), item.availability && phrases.brief[item.availability]];
  return `• ${parts.filter((part) => part !== undefined).join(', ')}`;
}

/** Products as a list, a line each. */
export function listOf(items: readonly Item[], inquiry: Inquiry): string {
  return items.map((item) => lineOf(item, inquiry)).join('\n');
}

/** More attributes than anyone reads in a chat. */
const maxDetails = 12;

/** A product in full: what it is, what it costs, whether it is there, and its attributes. */
export function fullText(item: Item, inquiry: Inquiry): string {
  const { phrases } = inquiry.request;
  const head = item.brand === undefined ? item.title : `${item.title} ${phrases.by(item.brand)}`;
  const description = item.description === undefined ? `${head}.` : `${head}: ${item.description}`;
  const flags = item.flags?.map(({ title, text }) => (text === '' ? `${title}.` : `${title}: ${text}`)) ?? [];
  const details = detailsOf(item);
  return [
    description,
    priceSentence(item, inquiry),
    stockNote(item, phrases),
    ...(details.length === 0 ? [] : [phrases.details(details)]),
    ...flags,
  ].join(' ');
}

/** Attributes that are for finding a product, not for reading. */
const unspoken: ReadonlySet<string> = new Set([
  'tags',
  'gift for',
  'occasion',
  'sku',
  'gtin',
  'ean',
  'mpn',
  'barcode',
  'rating',
]);

/** Attributes in words, the values of one name together: `size: S, M, L`. */
export function detailsOf(item: Item): readonly string[] {
  const values = new Map<string, string[]>();
  for (const { key, value } of item.attributes ?? []) {
    if (!unspoken.has(key)) values.set(key, [...(values.get(key) ?? []), value]);
  }
  return [...values].slice(0, maxDetails).map(([key, list]) => `${key}: ${list.join(', ')}`);
}

/** Products as they are shown: with the words that found them, and why they were chosen. */
export function recommend(
  items: readonly Item[],
  {
    inquiry,
    reasons,
    wished = (item) => item,
  }: {
    readonly inquiry: Inquiry;
    readonly reasons: (item: Item, place: number) => readonly Reason[];
    /** A product as it is with what was wished for. */
    readonly wished?: (item: Item) => Item;
  },
): readonly Item[] {
  const { request, seen, pageItem, limit } = inquiry;
  const query = request.words.join(' ');
  return items.slice(0, limit).map((item, place) => {
    const context: readonly Reason[] = [
      ...(item.id === pageItem?.id
        ? [{ kind: 'page' as const }]
        : seen.some(({ id }) => id === item.id)
          ? [{ kind: 'seen' as const }]
          : []),
      ...reasons(item, place),
      ...(wished(item).availability === 'in-stock' ? [{ kind: 'in-stock' as const }] : []),
    ];
    const recommendation = because(request.phrases, context.slice(0, 3));
    return { ...toItem(item), ...(query !== '' && { query }), ...(recommendation !== '' && { recommendation }) };
  });
}
