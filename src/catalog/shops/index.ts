import { plainName, type Row } from '../columns.ts';
import type { FileRow } from '../formats/row.ts';
import { bigcommerceExport } from './bigcommerce.ts';
import { jsonLd } from './json-ld.ts';
import { magentoExport } from './magento.ts';
import { readEach, type Shop } from './shop.ts';
import { shopifyApi, shopifyExport } from './shopify.ts';
import { wooApi, wooExport } from './woocommerce.ts';

/** Heureka tells in how many days a product leaves the shop; 0 for what is in stock. Source: its XML feed specification. */
const heureka: Shop = {
  isOne: (has) => has('itemid') && has('productname') && has('pricevat'),
  read: readEach(({ DELIVERY_DATE: days, ...row }) => ({
    ...row,
    ...(days === '0'
      ? { availability: 'in stock' }
      : { delivery_time: typeof days === 'string' && /^\d+$/.test(days) ? `${days} d` : days }),
  })),
};

const shops: readonly Shop[] = [
  jsonLd,
  shopifyExport,
  shopifyApi,
  wooExport,
  wooApi,
  magentoExport,
  bigcommerceExport,
  heureka,
];

/** Rows under names that the table of columns has: of a system that is known by its first row, in that system's own way. */
export async function* readShop(rows: AsyncIterable<FileRow>): AsyncGenerator<FileRow> {
  const source = rows[Symbol.asyncIterator]();
  async function* from(first: FileRow): AsyncGenerator<FileRow> {
    yield first;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  }
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    if (!('row' in next.value)) yield next.value;
    else {
      const all = from(next.value);
      yield* shopOf(next.value.row)?.read(all) ?? all;
      return;
    }
  }
}

function shopOf(row: Row): Shop | undefined {
  const names = new Set(Object.keys(row).map(plainName));
  return shops.find(({ isOne }) => isOne((name) => names.has(name), row));
}
