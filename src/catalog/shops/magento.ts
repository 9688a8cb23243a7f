import type { Row } from '../columns.ts';
import { cellsOf, longestPath, readEach, type Shop } from './shop.ts';

type Cells = (name: string) => string;

/**
 * Magento's (Adobe Commerce's) product export: a configurable product names its choices by their SKUs. Rows of single store views say
 * the same in other words, and are passed over. Source: Magento's import and export data reference.
 */
export const magentoExport: Shop = {
  isOne: (has) => has('sku') && has('name') && has('productonline') && has('visibility'),
  read: readEach((row) => {
    const cell = cellsOf(row);
    if (cell('storeviewcode') !== '') return undefined;
    const children = childrenOf(cell('configurablevariations'));
    return {
      id: cell('sku'),
      title: cell('name'),
      description: cell('description') || cell('shortdescription'),
      price: cell('price'),
      special_price: cell('specialprice'),
      special_price_from_date: cell('specialpricefromdate'),
      special_price_to_date: cell('specialpricetodate'),
      status: statusOf(cell),
      availability: cell('isinstock'),
      quantity: children.length > 0 ? '' : cell('qty'),
      manage_stock: isSet(cell, 'managestock') ? cell('managestock') : '',
      allow_backorders: isSet(cell, 'allowbackorders') ? cell('allowbackorders') : '',
      category: longestPath(cell('categories').split(','), {
        separator: '/',
        without: ['Default Category', 'Root Catalog'],
      }),
      image: imageOf(cell('baseimage')),
      url: cell('urlkey') === '' ? '' : `/${cell('urlkey')}.html`,
      attributes: attributesOf(cell('additionalattributes')),
      ...(children.length > 0 && { children }),
    };
  }),
};

/** A value that the shop's own settings do not stand in for. */
const isSet = (cell: Cells, name: string): boolean => cell(`useconfig${name}`) !== '1';

function statusOf(cell: Cells): string {
  if (/^(?:2|disabled)$/i.test(cell('productonline'))) return 'disabled';
  return /^not visible/i.test(cell('visibility')) ? 'hidden' : 'active';
}

const imageOf = (path: string): string =>
  path === 'no_selection' ? '' : path.startsWith('/') ? `/media/catalog/product${path}` : path;

/** `color=Blue,size=S`, in which values may have commas. */
function attributesOf(text: string): Row {
  const pairs = text.split(/,(?=\w+=)/).map((pair) => pair.split('='));
  return Object.fromEntries(
    pairs.flatMap(([name = '', ...rest]) => (name === '' ? [] : [[name.replaceAll('_', ' '), rest.join('=')]])),
  );
}

/** `sku=TEE-S,size=S|sku=TEE-M,size=M` */
function childrenOf(text: string): readonly Row[] {
  return text
    .split('|')
    .filter((part) => part.includes('='))
    .map((part) => {
      const { sku: id, ...options } = attributesOf(part);
      return { id, options };
    });
}
