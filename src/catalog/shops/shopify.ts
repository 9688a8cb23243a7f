import type { Row } from '../columns.ts';
import { type FileRow, isRow } from '../formats/row.ts';
import { cellsOf, readEach, type Shop } from './shop.ts';

type Cells = (name: string) => string;

/**
 * Shopify's product export, by its header of before and of after 2025: a row for each variant or image, and those of one product one
 * after the other. Source: Shopify's product CSV format.
 */
export const shopifyExport: Shop = {
  isOne: (has) => (has('handle') && has('variantprice')) || (has('urlhandle') && has('price') && has('option1name')),
  async *read(rows) {
    let group: { readonly handle: string; readonly line: number; readonly cells: Cells[] } | undefined;
    for await (const entry of rows) {
      if (!('row' in entry)) {
        yield entry;
        continue;
      }
      const cells = cellsOf(entry.row);
      const handle = cells('handle') || cells('urlhandle');
      if (group !== undefined && group.handle === handle) group.cells.push(cells);
      else {
        if (group !== undefined) yield toProduct(group);
        group = { handle, line: entry.line, cells: [cells] };
      }
    }
    if (group !== undefined) yield toProduct(group);
  },
};

function toProduct({
  handle,
  line,
  cells,
}: {
  readonly handle: string;
  readonly line: number;
  readonly cells: readonly Cells[];
}): FileRow {
  const [head = () => ''] = cells;
  const variants = cells.filter((cell) => priceOf(cell) !== '').map((cell) => toVariant(head, cell));
  const choices = variants.filter(({ options }) => Array.isArray(options) && options.length > 0);
  return {
    line,
    row: {
      id: handle,
      title: head('title'),
      brand: head('vendor'),
      description: head('bodyhtml') || head('description'),
      url: handle === '' ? '' : `/products/${handle}`,
      image: head('imagesrc') || head('productimageurl'),
      product_type: head('type') || head('productcategory') || head('googleshoppinggoogleproductcategory'),
      tags: head('tags'),
      status: statusOf(head),
      // A product without choices has one variant, which is the product itself.
      ...(choices.length > 0 ? { variants: choices } : { ...variants[0], options: undefined, id: handle }),
    },
  };
}

const priceOf = (cell: Cells): string => cell('variantprice') || cell('price');

function statusOf(head: Cells): string {
  const status = head('status') || 'active';
  const isHidden = [head('published'), head('publishedononlinestore')].some((flag) => flag.toLowerCase() === 'false');
  return isHidden && status.toLowerCase() === 'active' ? 'inactive' : status.toLowerCase();
}

/** Names of the options stand in the product's first row only; `Title: Default Title` is Shopify's word for no option. */
function toVariant(head: Cells, cell: Cells): Row {
  const options = [1, 2, 3].flatMap((place) => {
    const name = head(`option${place}name`);
    const value = cell(`option${place}value`);
    return name === '' || value === '' || value === 'Default Title' ? [] : [{ key: name.toLowerCase(), value }];
  });
  const tracker = cell('variantinventorytracker') || cell('inventorytracker');
  const policy = cell('variantinventorypolicy') || cell('continuesellingwhenoutofstock');
  const quantity = cell('variantinventoryqty') || cell('inventoryquantity');
  return {
    id: cell('variantsku') || cell('sku'),
    options,
    price: priceOf(cell),
    image: cell('variantimage') || cell('variantimageurl'),
    ...stockOf({ isTracked: tracker !== '', policy, quantity, isKnown: policy !== '' }),
  };
}

/** What Shopify does not count is sold without end; what it sells beyond the count can be ordered. */
function stockOf({
  isTracked,
  policy,
  quantity,
  isKnown,
}: {
  readonly isTracked: boolean;
  readonly policy: string;
  readonly quantity: string;
  readonly isKnown: boolean;
}): Row {
  if (!isTracked) return isKnown ? { availability: 'in stock' } : {};
  const isContinued = /^(?:continue|true)$/i.test(policy);
  return { quantity, backorders: isContinued ? 'yes' : 'no' };
}

/** Products as Shopify's APIs and `products.json` give them. */
export const shopifyApi: Shop = {
  isOne: (has, row) => Array.isArray(row['variants']) && (has('bodyhtml') || has('producttype')) && has('handle'),
  read: readEach((row) => {
    const names = listOf(row['options']).map(({ name }) => (typeof name === 'string' ? name.toLowerCase() : 'option'));
    const variants = listOf(row['variants']).map((variant) => toApiVariant(variant, names));
    const choices = variants.filter(({ options }) => Array.isArray(options) && options.length > 0);
    const handle = typeof row['handle'] === 'string' ? row['handle'] : '';
    const { variants: _, options: __, ...rest } = row;
    const isHidden = 'published_at' in row && row['published_at'] === null;
    return {
      url: handle === '' ? undefined : `/products/${handle}`,
      ...rest,
      ...(isHidden && { published: false }),
      image: row['image'] ?? row['images'],
      ...(choices.length > 0 ? { variants: choices } : { ...variants[0], options: undefined, id: row['id'] }),
    };
  }),
};

const listOf = (value: unknown): readonly Row[] => (Array.isArray(value) ? value.filter(isRow) : []);

function toApiVariant(variant: Row, names: readonly string[]): Row {
  const options = [1, 2, 3].flatMap((place) => {
    const value = variant[`option${place}`];
    const key = names[place - 1];
    return typeof value !== 'string' || value === 'Default Title' || key === undefined ? [] : [{ key, value }];
  });
  const {
    price,
    sku,
    id,
    inventory_quantity: quantity,
    inventory_policy: policy,
    inventory_management: management,
  } = variant;
  const isCounted = management !== null && quantity !== undefined && quantity !== null;
  return {
    id: typeof sku === 'string' && sku !== '' ? sku : id,
    options,
    price,
    ...(typeof variant['available'] === 'boolean'
      ? { availability: variant['available'] }
      : isCounted
        ? { quantity, backorders: policy === 'continue' ? 'yes' : 'no' }
        : management === null && { availability: 'in stock' }),
  };
}
