import type { CatalogItem } from '../../catalog/index.ts';
import type { Language } from './language/index.ts';

const formatters = new Map<string, Intl.NumberFormat>();

/** An amount of decimal text as people of a language write it: `€59.99`, `59,99 €`. Digits are never rounded away. */
export function formatMoney(
  amount: string,
  { currency, language }: { readonly currency?: string | undefined; readonly language: Language },
): string {
  const digits = Math.min(20, amount.split('.')[1]?.length ?? 0);
  const key = `${language} ${currency ?? ''} ${digits}`;
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    formatter = createFormatter({ currency, language, digits });
    formatters.set(key, formatter);
  }
  // Decimal text is formatted as it is, without passing through a number; its type is what a price promises to be.
  return formatter.format(amount as `${number}`).replace(/[\u00a0\u202f]/g, ' ');
}

function createFormatter({
  currency,
  language,
  digits,
}: {
  currency: string | undefined;
  language: Language;
  digits: number;
}) {
  const fraction = { maximumFractionDigits: digits, minimumFractionDigits: digits };
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) return new Intl.NumberFormat(language, fraction);
  const usual =
    new Intl.NumberFormat(language, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const shown = digits === 0 ? 0 : Math.max(usual, digits);
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    maximumFractionDigits: shown,
    minimumFractionDigits: shown,
  });
}

/** A product's price in words, if it has one: from one to another where its choices differ. `currency` is the shop's, for products that name none. */
export function priceOf(
  item: CatalogItem,
  { currency, language }: { readonly currency?: string | undefined; readonly language: Language },
): string | undefined {
  const written = { currency: item.currency ?? currency, language };
  if (item.price === undefined) return undefined;
  const lowest = formatMoney(item.price, written);
  return item.highestPrice === undefined ? lowest : `${lowest} – ${formatMoney(item.highestPrice, written)}`;
}
