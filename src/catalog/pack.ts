import type { RejectedRow } from './catalog.ts';
import type { FieldErrors } from './field-errors.ts';
import { type CatalogSource, readProducts, unreadable } from './load.ts';
import { createPacker, type PackedProducts } from './packed-products.ts';

/** What a file holds, packed, and what of it could not be read. */
export interface PackedCatalog {
  readonly products: PackedProducts;
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly fieldErrors: FieldErrors;
}

/** Reads and packs a file of products as they are at a time, in milliseconds since 1970. Throws as `readProducts` does. */
export async function packCatalog(source: CatalogSource, now: number): Promise<PackedCatalog> {
  let packer = createPacker();
  const begin = () => {
    packer = createPacker();
    return packer.add;
  };
  const report = await readProducts(source, { now, begin });
  const products = await packer.pack().catch((cause: unknown) => {
    throw unreadable(source.file, cause);
  });
  return { products, ...report };
}
