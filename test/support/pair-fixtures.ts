import type { Item } from '../../src/canonical/index.ts';

/** What happens behind the gateway while it is asked. */
export type Scene = 'answer' | 'items' | 'error-before' | 'error-midway' | 'cut-midway';

export const scenes: readonly Scene[] = ['answer', 'items', 'error-before', 'error-midway', 'cut-midway'];

/** In an upstream's every sentence about a failure: no client may read it. */
export const secret = 'The secret of the upstream';

/** What is answered, in three steps; each has what gets lost most easily. */
export const deltas = ['Grüße, Zoë 👋🏽\n', 'das „Bett“ kostet "59.90" €, ', 'und 椅子 gibt es auch.'] as const;

/** One with all that items have, and one without a price. */
export const items: readonly [Item, Item] = [
  {
    id: 'BETT-59',
    title: 'Bett „Größe L“ 🛏',
    brand: 'Zoë & Söhne',
    description: 'Aus Eiche.\nMit "Lattenrost".',
    url: 'https://store.com/products/bett?size=l&colour=grün',
    imageUrl: 'https://store.com/images/bett.png',
    price: '59.90',
    currency: 'EUR',
    status: 'active',
    availability: 'limited',
    quantity: 2,
    category: 'Möbel > Betten',
  },
  { id: '椅子-1', title: '椅子 & Söhne' },
];

export const suggestions = ['Gibt es das „Bett“ in 140 × 200?'];
