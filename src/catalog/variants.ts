import type { Attribute, Item } from '../canonical/index.ts';

/** One choice of a product, `{ size: 'L', colour: 'blue' }`, and how many there are; without a quantity nobody counts them. */
export interface Variant {
  readonly options: readonly Attribute[];
  readonly quantity?: number;
}

const stockKey = 'stock';

/**
 * Variants as attributes, since items have no other place for them: each option's values once (`size: S`, `size: L`), then what is
 * in stock of each (`stock S: 2`, `stock L / blue: 0`). Inverse of `variantsOf`. Our choice.
 */
export function variantAttributes(variants: readonly Variant[]): readonly Attribute[] {
  const options = new Map<string, Attribute>();
  for (const variant of variants) {
    for (const option of variant.options) options.set(`${option.key}\n${option.value}`, option);
  }
  const stock = variants.flatMap(({ options, quantity }) =>
    quantity === undefined ? [] : [{ key: `${stockKey} ${nameOf(options)}`, value: String(quantity) }],
  );
  return [...options.values(), ...stock];
}

const nameOf = (options: readonly Attribute[]): string => options.map(({ value }) => value).join(' / ');

/** What is in stock of each choice of a product, as far as it is counted: the values of the choice, and the quantity. */
export function variantStock(item: Item): readonly { readonly values: readonly string[]; readonly quantity: number }[] {
  return (item.attributes ?? [])
    .filter(isStock)
    .map(({ key, value }) => ({ values: key.slice(stockKey.length + 1).split(' / '), quantity: Number(value) }));
}

/** A product's attributes without the counts of its variants. */
export function plainAttributes(item: Item): readonly Attribute[] {
  return (item.attributes ?? []).filter((attribute) => !isStock(attribute));
}

const isStock = ({ key, value }: Attribute): boolean => key.startsWith(`${stockKey} `) && /^\d+$/.test(value);
