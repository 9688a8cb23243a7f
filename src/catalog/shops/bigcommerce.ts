import type { Row } from '../columns.ts';
import { cellsOf, longestPath, type Shop } from './shop.ts';

type Cells = (name: string) => string;

/**
 * BigCommerce's product export, by its second and third template: the rows after a product are its SKUs, rules and images. Source:
 * BigCommerce's import and export documentation.
 */
export const bigcommerceExport: Shop = {
  isOne: (has) => (has('itemtype') && has('productname')) || (has('item') && has('inventorytracking')),
  async *read(rows) {
    let parent: { readonly id: string; readonly tracking: string } | undefined;
    for await (const entry of rows) {
      if (!('row' in entry)) {
        yield entry;
        continue;
      }
      const cell = cellsOf(entry.row);
      const kind = (cell('itemtype') || cell('item')).toLowerCase();
      if (kind === 'product') {
        parent = {
          id: cell('productid') || cell('id'),
          tracking: (cell('trackinventory') || cell('inventorytracking')).toLowerCase(),
        };
        yield { line: entry.line, row: toProduct(cell, parent) };
      } else if (/^(?:sku|variant)$/.test(kind) && parent !== undefined) {
        yield { line: entry.line, row: toChoice(cell, parent) };
      }
    }
  },
};

interface Parent {
  readonly id: string;
  readonly tracking: string;
}

function toProduct(cell: Cells, { id, tracking }: Parent): Row {
  const image = cell('productimagefile1') || cell('productimageurl1') || cell('imageurlimport');
  const isVisible = cell('productvisible') || cell('isvisible');
  return {
    id,
    title: cell('productname') || cell('name'),
    sku: cell('productcodesku') || cell('sku'),
    brand: cell('brandname') || cell('brand'),
    description: cell('productdescription') || cell('description'),
    price: cell('price'),
    // A sale price of nothing is none.
    sale_price: Number(cell('saleprice')) > 0 ? cell('saleprice') : '',
    published: isVisible,
    ...(/^(?:n|no|false)$/i.test(cell('allowpurchases')) && { availability: 'out of stock' }),
    ...countOf(cell, /^(?:by product|product|simple)$/.test(tracking), tracking === 'none'),
    delivery_time: cell('productavailability') || cell('availability'),
    category: longestPath((cell('category') || cell('categories')).split(';'), { separator: '/' }),
    ...(/^(?:https?:)?\//.test(image) && { image }),
    url: cell('producturl'),
    weight: cell('productweight') || cell('weight'),
    item_group_id: id,
    isParent: true,
  };
}

function toChoice(cell: Cells, { id: group, tracking }: Parent): Row {
  return {
    id: cell('productcodesku') || cell('sku') || cell('productid') || cell('id'),
    price: cell('price'),
    ...countOf(cell, /^(?:by option|variant|sku)$/.test(tracking), tracking === 'none'),
    item_group_id: group,
    options: optionsOf(cell('options') || cell('productname') || cell('name')),
  };
}

/** What nobody counts is sold without end. */
function countOf(cell: Cells, isCounted: boolean, isUncounted: boolean): Row {
  if (isUncounted) return { availability: 'in stock' };
  return isCounted ? { quantity: cell('currentstocklevel') || cell('currentstock') } : {};
}

/** `[S]Size=S,[RT]Colour=Red`, or `Type=Dropdown|Name=Size|Value=S`. */
function optionsOf(text: string): readonly Row[] {
  if (/\bName=/.test(text)) {
    return [...text.matchAll(/Name=([^|]*)\|Value=([^|;]*)/g)].map(([, key, value]) => ({
      key: key?.toLowerCase(),
      value,
    }));
  }
  return text.split(/,(?=\[)/).flatMap((part) => {
    const [, key, value] = /^(?:\[\w+\])?([^=]+)=(.*)$/.exec(part.trimStart()) ?? [];
    return key === undefined ? [] : [{ key: key.trim().toLowerCase(), value: value?.replace(/^#\w+:/, '').trim() }];
  });
}
