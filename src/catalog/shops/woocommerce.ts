import type { Row } from '../columns.ts';
import { isRow } from '../formats/row.ts';
import { cellsOf, longestPath, readEach, type Shop } from './shop.ts';

type Cells = (name: string) => string;

/** WooCommerce's product export: a variation names its product by SKU, or by `id:` and its number. Source: its product CSV schema. */
export const wooExport: Shop = {
  isOne: (has) => has('regularprice') && has('name') && has('type') && (has('published') || has('instock')),
  async *read(rows) {
    const skus = new Map<string, string>();
    for await (const entry of rows) {
      if (!('row' in entry)) {
        yield entry;
        continue;
      }
      const cell = cellsOf(entry.row);
      const [id, sku, parent] = [cell('id'), cell('sku'), cell('parent')];
      const isParent = /^variable/i.test(cell('type'));
      if (isParent && sku !== '') skus.set(`id:${id}`, sku);
      const group = isParent ? sku || `id:${id}` : (skus.get(parent) ?? parent);
      yield {
        line: entry.line,
        row: toProduct(cell, { group, isParent, isVariation: /^variation/i.test(cell('type')) }),
      };
    }
  },
};

function toProduct(
  cell: Cells,
  {
    group,
    isParent,
    isVariation,
  }: { readonly group: string; readonly isParent: boolean; readonly isVariation: boolean },
): Row {
  const attributes = attributesOf(cell);
  return {
    id: cell('id') || cell('sku'),
    sku: cell('sku'),
    title: cell('name'),
    description: cell('description') || cell('shortdescription'),
    price: cell('regularprice'),
    sale_price: cell('saleprice'),
    sale_from: cell('datesalepricestarts'),
    sale_to: cell('datesalepriceends'),
    status: statusOf(cell),
    availability: cell('instock'),
    quantity: isParent ? '' : cell('stock'),
    backorders: cell('backordersallowed'),
    manage_stock: cell('stock') === '' ? 'no' : 'yes',
    category: longestPath(cell('categories').split(/(?<!\\),/), { separator: '>' }),
    tags: cell('tags'),
    brand: cell('brands') || cell('brand'),
    images: cell('images'),
    url: cell('permalink') || cell('externalurl'),
    item_group_id: isParent || isVariation ? group : '',
    isParent: isParent ? true : undefined,
    options: isVariation ? attributes : undefined,
    attributes: isVariation || isParent ? undefined : attributes,
  };
}

function statusOf(cell: Cells): string {
  const published = cell('published');
  if (published === '0') return 'private';
  if (published === '-1') return 'draft';
  return cell('visibilityincatalog').toLowerCase() === 'hidden' ? 'hidden' : 'active';
}

/** No product has more of them. Our choice. */
const maxAttributes = 30;

function attributesOf(cell: Cells): readonly { readonly key: string; readonly value: readonly string[] }[] {
  return Array.from({ length: maxAttributes }, (_, place) => place + 1).flatMap((place) => {
    const key = cell(`attribute${place}name`).toLowerCase();
    const value = cell(`attribute${place}values`);
    return key === '' || value === ''
      ? []
      : [{ key, value: value.split(/(?<!\\),/).map((part) => part.trim().replaceAll('\\,', ',')) }];
  });
}

/** Products as WooCommerce's REST API gives them. */
export const wooApi: Shop = {
  isOne: (has) => has('stockstatus') && has('regularprice'),
  read: readEach((row) => {
    const { type, variations, attributes, parent_id: parent, price, ...rest } = row;
    const isVariation = type === 'variation';
    const isParent = type === 'variable';
    const choices = (Array.isArray(variations) ? variations : []).filter(isRow);
    return {
      ...rest,
      price: rest['regular_price'] === '' || rest['regular_price'] === undefined ? price : rest['regular_price'],
      regular_price: undefined,
      ...(rest['catalog_visibility'] === 'hidden' && { status: 'hidden' }),
      ...(isVariation ? { options: attributes, item_group_id: parent } : { attributes }),
      ...(isParent && { item_group_id: row['id'], isParent: true }),
      ...(choices.length > 0 && {
        variants: choices.map(({ attributes: options, price: current, ...choice }) => ({
          ...choice,
          price:
            choice['regular_price'] === '' || choice['regular_price'] === undefined ? current : choice['regular_price'],
          regular_price: undefined,
          options,
        })),
      }),
    };
  }),
};
