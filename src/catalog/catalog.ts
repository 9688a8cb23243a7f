import type { CatalogItem } from './catalog-item.ts';
import type { FieldErrors } from './field-errors.ts';

/** A search among products. */
export interface CatalogQuery {
  /** The visitor's words. Empty text, or text of stop words only, lists everything that passes the filters. */
  readonly text: string;
  readonly limit: number;
  readonly filters?: CatalogFilters;
  /** `relevance` unless said otherwise. A price order holds among the good matches only, and leaves out what has no price. */
  readonly order?: 'relevance' | 'cheapest' | 'dearest';
  /** Ids of products that the visitor has looked at: they come sooner among equals. */
  readonly favourites?: readonly string[];
}

export interface CatalogFilters {
  /** Decimal text. A product without a price does not pass a price filter. */
  readonly minPrice?: string;
  readonly maxPrice?: string;
  /** Whole names, whatever their case and accents. */
  readonly brand?: string;
  /** The whole category, or one part of its path `Home > Tools > Desks`. */
  readonly category?: string;
  /** Whether the product can be ordered now. */
  readonly available?: boolean;
}

export interface CatalogMatch {
  readonly item: CatalogItem;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  /** How the words were matched: every word, some of them, or only by likeness. */
  readonly matched: 'all' | 'some' | 'similar';
}

/** A brand or a top category, and how many products it has. */
export interface Facet {
  readonly name: string;
  readonly count: number;
}

/** A row of the file that is no product. */
export interface RejectedRow {
  /** Where it begins, from 1; in a JSON array, which entry it is. */
  readonly line: number;
  readonly reason: string;
}

/** A set of products that can be asked. What it is asked rejects with the reason of a signal that is aborted. */
export interface Catalog {
  readonly name: string;
  readonly size: number;
  /** ISO 4217: that of most prices. */
  readonly currency?: string | undefined;
  /** Most products first. */
  readonly brands: readonly Facet[];
  readonly categories: readonly Facet[];
  /** The first hundred rows that were left out, and how many there are in all. */
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  /** Fields that could not be read: their products go without them. */
  readonly fieldErrors: FieldErrors;
  search(query: CatalogQuery, signal?: AbortSignal): Promise<readonly CatalogMatch[]>;
  /** Products by their own ids, or by those of their choices: those that there are, each under the id that was asked for. Also what is not on sale. */
  get(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, CatalogItem>>;
  /** The product whose page this is, or that of one of its choices, however the address ends. One that is not on sale has none. */
  findByUrl(url: string, signal?: AbortSignal): Promise<CatalogItem | undefined>;
  /** Those of some words that some product has, in singular or plural, whatever their accents. */
  known(words: Iterable<string>, signal?: AbortSignal): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}
