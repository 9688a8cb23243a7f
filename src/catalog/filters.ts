import type { CatalogFilters } from './catalog.ts';
import { markDocuments } from './packed/postings.ts';
import { findTerm } from './packed/terms.ts';
import { isAvailableFlag, isOnSaleFlag, namedFields, type PackedProducts } from './packed-products.ts';
import { fold } from './words.ts';

/** Whether a product is on sale and passes all filters. */
export type Filter = (product: number) => boolean;

/** Makes filters of products. A name's products are marked once for each filter. */
export function createFilters({ names, size, prices, flags }: PackedProducts): (filters?: CatalogFilters) => Filter {
  const marked = (name: string | undefined, field: number): Uint8Array | undefined => {
    if (name === undefined) return undefined;
    const marks = new Uint8Array(size);
    markDocuments(marks, names, { term: findTerm(names.terms, fold(name)), isIn: (other) => other === field });
    return marks;
  };
  return ({ minPrice, maxPrice, brand, category, available } = {}) => {
    const minimum = minPrice === undefined ? undefined : Number(minPrice);
    const maximum = maxPrice === undefined ? undefined : Number(maxPrice);
    const ofBrand = marked(brand, namedFields.brand);
    const ofCategory = marked(category, namedFields.category);
    const wanted = available === undefined ? isOnSaleFlag : isOnSaleFlag | (available ? isAvailableFlag : 0);
    const looked = available === undefined ? isOnSaleFlag : isOnSaleFlag | isAvailableFlag;
    return (product) => {
      const price = prices[product] ?? Number.NaN;
      return (
        ((flags[product] ?? 0) & looked) === wanted &&
        (minimum === undefined || price >= minimum) &&
        (maximum === undefined || price <= maximum) &&
        (ofBrand === undefined || ofBrand[product] === 1) &&
        (ofCategory === undefined || ofCategory[product] === 1)
      );
    };
  };
}
