import { type Availability, defined, type Item } from '../../canonical/index.ts';
import { price } from './values.ts';
import type { Product } from './wire.ts';

/** `in_stock` is the seed's; the others are its style, our choice. */
const statuses: Readonly<Record<Availability, string>> = {
  'in-stock': 'in_stock',
  limited: 'limited',
  preorder: 'preorder',
  'out-of-stock': 'out_of_stock',
};

const availabilities: ReadonlyMap<string | undefined, Availability> = new Map([
  [statuses['in-stock'], 'in-stock'],
  [statuses.limited, 'limited'],
  [statuses.preorder, 'preorder'],
  [statuses['out-of-stock'], 'out-of-stock'],
]);

/** What a product's codec pair carries of an item. */
export const productFields = [
  'item.id',
  'item.title',
  'item.brand',
  'item.description',
  'item.url',
  'item.imageUrl',
  'item.price',
  'item.priceNote',
  'item.currency',
  'item.availability',
  'item.quantity',
  'item.category',
  'item.location',
  'item.flags',
  'item.recommendation',
  'item.query',
] as const;

/** Its link is written as `url` and as `uri`, and read from either. A field that is not known is absent, never null. */
export const product = {
  decode: (wire: Product): Item =>
    defined({
      id: wire.gtin ?? '',
      title: wire.designation ?? '',
      brand: wire.brand,
      description: wire.description,
      url: wire.url ?? wire.uri,
      imageUrl: wire.image,
      price: price.decode(wire.price),
      priceNote: wire.priceInfo,
      currency: wire.currency,
      availability: availabilities.get(wire.availability?.status),
      quantity: wire.availability?.quantity,
      category: wire.category,
      location: wire.location,
      flags: wire.flags,
      recommendation: wire.recommendationText,
      query: wire.query,
    }),
  encode: (item: Item): Product =>
    defined({
      gtin: item.id,
      brand: item.brand,
      designation: item.title,
      url: item.url,
      uri: item.url,
      image: item.imageUrl,
      price: price.encode(item.price),
      priceInfo: item.priceNote,
      currency: item.currency,
      location: item.location,
      availability: encodeAvailability(item),
      category: item.category,
      query: item.query,
      description: item.description,
      recommendationText: item.recommendation,
      flags: item.flags,
    }),
};

function encodeAvailability({ availability, quantity }: Item): Product['availability'] {
  if (availability === undefined && quantity === undefined) return undefined;
  return defined({ status: availability && statuses[availability], quantity });
}
