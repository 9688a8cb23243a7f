export type * from './catalog.ts';
export { type CatalogItem, isOnSale, toItem, type Variant } from './catalog-item.ts';
export { currencyOf, undecidedCurrency } from './currencies.ts';
export { FeedRefused, refuseShrunk } from './field-errors.ts';
export { type CatalogFormat, type CatalogSource, type LoadedProducts, loadProducts } from './load.ts';
export { openCatalog } from './open-catalog.ts';
export { packInThread } from './pack-in-thread.ts';
export { fillCatalog } from './postgres/fill.ts';
export {
  openPostgresCatalog,
  type PostgresCatalog,
  type PostgresOptions,
  type PostgresWatch,
} from './postgres/open.ts';
export { compareAmounts, type Money, readMoney, subtractAmounts } from './price.ts';
export { kindOf } from './searched-fields.ts';
export { isLike } from './spelling.ts';
export { askingWords, stopWords } from './stop-words.ts';
export { contentWords, fold, stemOf, wordsOf } from './words.ts';
