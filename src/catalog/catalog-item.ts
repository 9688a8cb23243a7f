import type { Attribute, Availability, Item } from '../canonical/index.ts';
import { fold } from './words.ts';

/** One choice of a product, such as a size in a colour. What it does not say is not known of it. */
export interface Variant {
  /** The shop's own id of it: `catalog.get` finds the product by it. */
  readonly id?: string;
  /** What is chosen: `{ key: 'size', value: 'L' }`, one for each option of the product. */
  readonly options: readonly Attribute[];
  /** Decimal text, in the product's currency. */
  readonly price?: string;
  readonly availability?: Availability;
  /** Absent where nobody counts them. */
  readonly quantity?: number;
  readonly url?: string;
  readonly imageUrl?: string;
}

/**
 * A product as the catalogue has it: an item, with its choices. Its price is that of the cheapest choice, its availability that of
 * the most available one, its quantity that of all of them where each is counted.
 */
export interface CatalogItem extends Item {
  /** Decimal text: what the dearest choice costs, where choices differ in price. */
  readonly highestPrice?: string;
  /** In the order of the file; absent where there is nothing to choose. */
  readonly variants?: readonly Variant[];
}

/** Shops' words for a product that is not on sale, folded. Any other is on sale. */
const offSale: ReadonlySet<string> = new Set(
  `inactive archived draft disabled hidden private pending unpublished trash trashed deleted staging expired paused suspended future
   deaktiviert inaktiv entwurf versteckt archiviert brouillon inactif desactive cache archive borrador inactivo desactivado oculto
   bozza inattivo disattivato nascosto archiviato concept inactief verborgen gearchiveerd`.split(/\s+/),
);

/** Whether a product may be found and shown, by the shop's word for its status. */
export function isOnSale({ status }: Pick<Item, 'status'>): boolean {
  return status === undefined || !offSale.has(fold(status).trim());
}

/** A product as it is shown: what only the catalogue needs of it stays there. */
export function toItem({ variants: _, highestPrice: __, ...item }: CatalogItem): Item {
  return item;
}
