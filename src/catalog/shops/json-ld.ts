import type { Row } from '../columns.ts';
import { isRow } from '../formats/row.ts';
import { compareAmounts, readMoney } from '../price.ts';
import { readEach, type Shop } from './shop.ts';

/** Products as schema.org describes them in JSON-LD. What a page tells beside them is passed over. */
export const jsonLd: Shop = {
  isOne: (_has, row) => '@type' in row || '@context' in row,
  read: readEach((row) =>
    '@type' in row && !/product|vehicle|book/i.test(String(row['@type'])) ? undefined : toProduct(row),
  ),
};

function toProduct(row: Row): Row {
  const { '@id': _, '@type': __, '@context': ___, productGroupID, offers, hasVariant, isVariantOf, ...rest } = row;
  const variants = partsOf(hasVariant).map((variant) => toChoice(variant, row['variesBy']));
  return {
    ...rest,
    id:
      row['sku'] ??
      row['productID'] ??
      productGroupID ??
      row['gtin13'] ??
      row['gtin'] ??
      row['mpn'] ??
      row['identifier'],
    ...offerOf(offers),
    item_group_id:
      row['inProductGroupWithID'] ??
      partsOf(isVariantOf).flatMap((part) => part['productGroupID'] ?? part['@id'] ?? [])[0],
    ...(variants.length > 0 && { variants }),
  };
}

const partsOf = (value: unknown): readonly Row[] => (Array.isArray(value) ? value : [value]).filter(isRow);

/** What choices differ in, where a group does not say. */
const usual = ['color', 'size', 'material', 'pattern'];

function toChoice(variant: Row, variesBy: unknown): Row {
  const named = (Array.isArray(variesBy) ? variesBy : [variesBy]).flatMap((name: unknown) =>
    typeof name === 'string' ? [name.replace(/^https?:\/\/schema\.org\//, '')] : [],
  );
  const names = named.length > 0 ? named : usual;
  const { name: _, ...product } = toProduct(variant);
  return {
    id: product['id'],
    ...offerOf(variant['offers']),
    url: product['url'],
    image: product['image'],
    options: names.flatMap((key) => (variant[key] === undefined ? [] : [{ key, value: variant[key] }])),
  };
}

/** The availabilities of which one offer is enough, the best first. */
const best = [
  'InStock',
  'OnlineOnly',
  'InStoreOnly',
  'LimitedAvailability',
  'PreOrder',
  'PreSale',
  'BackOrder',
  'MadeToOrder',
];

/** What offers say together: the lowest price and the highest, and the best availability. */
function offerOf(value: unknown): Row {
  const offers = partsOf(value).flatMap((offer) => [offer, ...partsOf(offer['offers'])]);
  const prices = offers
    .flatMap((offer) => [
      offer['price'],
      offer['lowPrice'],
      offer['highPrice'],
      ...partsOf(offer['priceSpecification']).map(({ price }) => price),
    ])
    .filter((price) => price !== undefined)
    .map((price) => ({ price, amount: readMoney(price)?.amount }))
    .toSorted((a, b) => compareAmounts(a.amount ?? 'NaN', b.amount ?? 'NaN') || 0);
  const said = offers.flatMap(({ availability }) => (typeof availability === 'string' ? [availability] : []));
  const rank = (text: string): number => best.findIndex((name) => text.endsWith(name)) >>> 0;
  const first = (name: string) => offers.map((offer) => offer[name]).find((part) => part !== undefined);
  const url = first('url');
  return {
    price: prices[0]?.price,
    ...(prices.length > 1 && { highPrice: prices.at(-1)?.price }),
    priceCurrency:
      first('priceCurrency') ?? offers.flatMap((offer) => partsOf(offer['priceSpecification']))[0]?.['priceCurrency'],
    availability: said.toSorted((a, b) => rank(a) - rank(b))[0],
    ...(url !== undefined && { offer_url: url }),
  };
}
