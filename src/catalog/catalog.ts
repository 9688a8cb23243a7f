import type { Item } from '../canonical/index.ts';

/** A search among products. */
export interface CatalogQuery {
  /** The visitor's words. */
  readonly text: string;
  readonly limit: number;
  readonly filters?: {
    /** Decimal text. */
    readonly minPrice?: string;
    readonly maxPrice?: string;
    readonly brand?: string;
    readonly category?: string;
    readonly available?: boolean;
  };
}

export interface CatalogMatch {
  readonly item: Item;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  /** How the words were matched: every word, some of them, or only by likeness. */
  readonly matched: 'all' | 'some' | 'similar';
}

/** A set of products that can be asked. */
export interface Catalog {
  readonly name: string;
  readonly size: number;
  search(query: CatalogQuery): Promise<readonly CatalogMatch[]>;
  get(id: string): Item | undefined;
  /** The product whose page this is, however the address ends. */
  findByUrl(url: string): Item | undefined;
  close(): Promise<void>;
}
