import type { Row } from '../columns.ts';
import type { FileRow } from './row.ts';

/** Whether a row comes from a Shopify product export. Source: Shopify's product CSV format. */
export function isShopifyExport(row: Row): boolean {
  return 'Handle' in row && 'Title' in row && 'Variant Price' in row;
}

interface Group {
  readonly handle: string;
  readonly line: number;
  readonly rows: Row[];
}

/** One row a product from one row a variant or image. Rows of one product stand together in an export. */
export async function* groupShopifyRows(rows: AsyncIterable<FileRow>): AsyncGenerator<FileRow> {
  let group: Group | undefined;
  for await (const entry of rows) {
    if (!('row' in entry)) yield entry;
    else if (group?.handle === text(entry.row, 'Handle')) group.rows.push(entry.row);
    else {
      if (group !== undefined) yield toProduct(group);
      group = { handle: text(entry.row, 'Handle'), line: entry.line, rows: [entry.row] };
    }
  }
  if (group !== undefined) yield toProduct(group);
}

const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === 'string' ? value.trim() : '';
};

function toProduct({ handle, line, rows }: Group): FileRow {
  const [head = {}] = rows;
  const variants = rows.filter((row) => text(row, 'Variant Price') !== '').map((row) => toVariant(head, row));
  const choices = variants.filter((variant) =>
    Object.keys(variant).some((key) => key !== 'price' && key !== 'quantity'),
  );
  return {
    line,
    row: {
      id: handle,
      title: text(head, 'Title'),
      brand: text(head, 'Vendor'),
      description: text(head, 'Body (HTML)'),
      url: handle === '' ? '' : `/products/${handle}`,
      image: text(head, 'Image Src'),
      product_type: text(head, 'Type') || text(head, 'Google Shopping / Google Product Category'),
      tags: text(head, 'Tags'),
      status: statusOf(head),
      // A product without choices has one variant, which is the product itself.
      ...(choices.length > 0 ? { variants: choices } : variants[0]),
    },
  };
}

const statusOf = (head: Row): string =>
  text(head, 'Status') || (text(head, 'Published').toLowerCase() === 'false' ? 'inactive' : 'active');

/** Names of the options stand in the product's first row only; `Title: Default Title` is Shopify's word for no option. */
function toVariant(head: Row, row: Row): Row {
  const options = [1, 2, 3].flatMap((place) => {
    const name = text(head, `Option${place} Name`);
    const value = text(row, `Option${place} Value`);
    return name === '' || value === '' || value === 'Default Title' ? [] : [[name.toLowerCase(), value] as const];
  });
  return { ...Object.fromEntries(options), price: text(row, 'Variant Price'), ...countOf(row) };
}

/** Only what Shopify counts, and does not sell beyond the count, has a quantity. */
function countOf(row: Row): Row {
  const counted = text(row, 'Variant Inventory Tracker') !== '' && text(row, 'Variant Inventory Policy') !== 'continue';
  const quantity = text(row, 'Variant Inventory Qty');
  return counted && quantity !== '' ? { quantity } : {};
}
