import type { CarriedField } from '../dialects/carries.ts';

/** Everything that an item can say, as a catalogue's items do. */
export const itemFields: readonly CarriedField[] = [
  'item.id',
  'item.title',
  'item.brand',
  'item.description',
  'item.url',
  'item.imageUrl',
  'item.price',
  'item.priceNote',
  'item.currency',
  'item.status',
  'item.availability',
  'item.quantity',
  'item.category',
  'item.attributes',
  'item.location',
  'item.flags',
  'item.recommendation',
  'item.query',
];
