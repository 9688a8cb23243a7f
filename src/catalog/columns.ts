import { fold } from './words.ts';

/** A row as its format gives it: a column's name, and text, a number, a list … as the file has it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a row can say of a product. */
export type Column =
  | 'id'
  | 'title'
  | 'brand'
  | 'description'
  | 'url'
  | 'imageUrl'
  | 'price'
  | 'salePrice'
  | 'salePeriod'
  | 'priceNote'
  | 'currency'
  | 'status'
  | 'availability'
  | 'quantity'
  | 'category'
  | 'attributes'
  | 'location'
  | 'flags'
  | 'variants';

/**
 * The names that shops' exports have for a column, the most telling first; case, spaces, signs and a `g:` before them do not count.
 * Sources: schema.org, Google's product data specification, Shopify's product export, WooCommerce's, the sample catalogues; our choice otherwise.
 */
const names: Readonly<Record<Column, string>> = {
  id: 'id item_id product_id productId sku variant_sku article_number artikelnummer gtin ean barcode isbn handle mpn asin',
  title: 'title name designation product_name product_title bezeichnung titel artikelname',
  brand: 'brand vendor manufacturer marke hersteller',
  description: 'description body_html body long_description short_description beschreibung',
  url: 'url link uri product_url permalink canonical_url href',
  imageUrl: 'imageUrl image image_link image_url image_src thumbnail images picture bild',
  price: 'price variant_price regular_price unit_price preis',
  salePrice: 'sale_price special_price',
  salePeriod: 'sale_price_effective_date',
  priceNote: 'priceNote price_info',
  currency: 'currency price_currency currency_code waehrung',
  status: 'status',
  availability: 'availability availability_status stock_status verfuegbarkeit',
  quantity:
    'quantity stock inventory qty inventory_quantity stock_quantity variant_inventory_qty quantity_available bestand lagerbestand',
  category: 'category product_type categories type google_product_category product_category kategorie warengruppe',
  attributes: 'attributes properties specs',
  location: 'location',
  flags: 'flags',
  variants: 'variants',
};

/** Columns that are shown as attributes. What is in neither table may be the shop's own affair, and is left out. */
const attributeNames =
  'color colour size material gender age_group pattern gtin ean sku mpn barcode weight condition tags rating energy_efficiency_class occasion for farbe groesse';

const plain = (name: string): string =>
  fold(name)
    .replace(/^g:/, '')
    .replace(/[^a-z0-9]+/g, '');

const columnOf: ReadonlyMap<string, { readonly column: Column; readonly rank: number }> = new Map(
  Object.entries(names).flatMap(([column, text]) =>
    // The keys of `names` are the columns: its type says so, `Object.entries` forgets it.
    text.split(' ').map((name, rank) => [plain(name), { column: column as Column, rank }] as const),
  ),
);

const attributes: ReadonlySet<string> = new Set(attributeNames.split(' ').map(plain));

/** A row under our own names, and what of it is to be shown as attributes. */
export interface ReadRow {
  readonly columns: ReadonlyMap<Column, unknown>;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

/** Whether a shop calls one of our columns so. */
function isColumn(name: string): name is Column {
  return Object.hasOwn(names, name);
}

/** Finds our columns in rows; `fields` says which column the file calls what, and goes before the table. Empty values count as absent. */
export function createColumnReader(fields: Readonly<Record<string, string>> = {}): (row: Row) => ReadRow {
  const own = Object.entries(fields);
  const taken = new Set(own.map(([, name]) => name));
  return (row) => {
    const found = new Map<Column, unknown>();
    const ranks = new Map<Column, number>();
    const shown: { key: string; value: unknown }[] = [];
    for (const [name, value] of Object.entries(row)) {
      if (isEmpty(value) || taken.has(name)) continue;
      const known = columnOf.get(plain(name));
      if (known !== undefined && known.rank < (ranks.get(known.column) ?? Infinity)) {
        ranks.set(known.column, known.rank);
        found.set(known.column, value);
      }
      if (attributes.has(plain(name))) shown.push({ key: fold(name).replace(/^g:/, '').replaceAll('_', ' '), value });
    }
    for (const [field, name] of own) {
      if (isEmpty(row[name])) continue;
      if (isColumn(field)) found.set(field, row[name]);
      else shown.push({ key: field.replace(/^attributes\./, ''), value: row[name] });
    }
    return { columns: found, attributes: shown };
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
