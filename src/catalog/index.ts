export type * from './catalog.ts';
export { type CatalogItem, isOnSale, toItem, type Variant } from './catalog-item.ts';
export { type CatalogFormat, type CatalogSource, type LoadedProducts, loadProducts } from './load.ts';
export { loadInThread } from './load-in-thread.ts';
export { openCatalog } from './open-catalog.ts';
export { compareAmounts, type Money, readMoney, subtractAmounts } from './price.ts';
export { isLike } from './spelling.ts';
export { askingWords, stopWords } from './stop-words.ts';
export { contentWords, fold, stemOf, wordsOf } from './words.ts';
