import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/catalog/index.ts';
import { catalogOf, catalogOfRows, fileOf, itemOf } from './files.ts';

const desk = {
  id: 'D1',
  title: 'Desk',
  price: '99.50',
  currency: 'EUR',
  brand: 'Oak & Co',
  url: 'https://s.example/desk',
};

describe('a catalogue in NDJSON', () => {
  it('is read line by line; empty lines, CRLF and a byte order mark do not matter', async () => {
    const catalog = await catalogOf('p.ndjson', `\ufeff${JSON.stringify(desk)}\r\n\r\n{"id":"D2","title":"Chair"}`);
    expect(catalog.size).toBe(2);
    expect(await itemOf(catalog, 'D1')).toEqual(desk);
    expect(await itemOf(catalog, 'D2')).toEqual({ id: 'D2', title: 'Chair' });
  });

  it('may be one JSON array', async () => {
    const catalog = await catalogOf(
      'p.json',
      JSON.stringify([desk, { title: '' }, { id: 7, name: 'Lamp', price: 12.5, stock: 0 }]),
    );
    expect(await itemOf(catalog, '7')).toEqual({
      id: '7',
      title: 'Lamp',
      price: '12.5',
      quantity: 0,
      availability: 'out-of-stock',
    });
    expect(catalog.rejected).toEqual([{ line: 2, reason: 'a product needs a title' }]);
  });

  it('may say in other words what a product is', async () => {
    const catalog = await catalogOfRows([
      {
        item_id: 'a',
        designation: 'Tee',
        'Price ': '1.299,00 EUR',
        Vendor: 'X',
        image_link: 'https://s.example/a b.png',
        product_type: 'A > B',
        availability_status: 'sold out',
        Colour: 'red',
        margin: '40 %',
      },
    ]);
    expect(await itemOf(catalog, 'a')).toEqual({
      id: 'a',
      title: 'Tee',
      price: '1299.00',
      currency: 'EUR',
      brand: 'X',
      imageUrl: 'https://s.example/a%20b.png',
      category: 'A > B',
      availability: 'out-of-stock',
      attributes: [{ key: 'colour', value: 'red' }],
    });
  });

  it('may call its fields by names of its own', async () => {
    const rows = [{ nr: '1', bez: 'Tisch', vk: '10', stoff: 'Eiche', id: 'internal' }];
    const fields = { id: 'nr', title: 'bez', price: 'vk', 'attributes.material': 'stoff' };
    const catalog = await catalogOfRows(rows, { fields, currency: 'CHF' });
    expect(await itemOf(catalog, '1')).toEqual({
      id: '1',
      title: 'Tisch',
      price: '10',
      currency: 'CHF',
      attributes: [{ key: 'material', value: 'Eiche' }],
    });
  });

  it('lists the choices of a product, and counts them', async () => {
    const variants = [
      { size: 'S', quantity: 0 },
      { size: 'L', quantity: 4, price: '12' },
    ];
    const item = await itemOf(await catalogOfRows([{ id: '1', title: 'Tee', variants }]), '1');
    expect(item).toMatchObject({ quantity: 4, price: '12', availability: 'in-stock' });
    expect(item?.variants).toEqual([
      { options: [{ key: 'size', value: 'S' }], quantity: 0, availability: 'out-of-stock' },
      { options: [{ key: 'size', value: 'L' }], quantity: 4, availability: 'in-stock', price: '12' },
    ]);
  });

  it('has the choices of a product in the currency of its row', async () => {
    const variants = [{ size: 'S' }, { size: 'L', price: '21.00' }];
    const row = { id: '1', title: 'Tee', price: '19.00', currency: 'EUR', variants };
    const item = await itemOf(await catalogOfRows([row]), '1');
    expect(item).toMatchObject({ currency: 'EUR', price: '19.00', highestPrice: '21.00' });
  });

  it.each([[1], ['1'], [true]])('takes a bare %o for yes where it is asked whether there is any', async (in_stock) => {
    const item = await itemOf(await catalogOfRows([{ id: '1', title: 'Tee', in_stock }]), '1');
    expect(item?.availability).toBe('in-stock');
    expect(item?.quantity).toBeUndefined();
  });

  it('calls a product without an id after its title, and the next one of that title otherwise', async () => {
    const catalog = await catalogOfRows([
      { title: 'Blue Mug' },
      { title: 'Blue mug' },
      { id: 'blue-mug-3', title: 'x' },
      { title: 'BLUE MUG' },
    ]);
    const found = await catalog.get(['blue-mug', 'blue-mug-2', 'blue-mug-4']);
    expect([...found.values()].map(({ title }) => title)).toEqual(['Blue Mug', 'Blue mug', 'BLUE MUG']);
  });

  it('leaves out rows that are no product, and says where and why', async () => {
    const lines = [JSON.stringify(desk), 'not json', '[1]', '{"id":"x"}', '{"id":"D1","title":"Again"}'];
    const catalog = await catalogOf('p.ndjson', lines.join('\n'));
    expect(catalog.size).toBe(1);
    expect(catalog.rejected).toEqual([
      { line: 2, reason: 'the line is not JSON' },
      { line: 3, reason: 'a line must be one JSON object' },
      { line: 4, reason: 'a product needs a title' },
      { line: 5, reason: 'the id D1 is that of line 1 already' },
    ]);
  });

  it('keeps at most a hundred refusals, and counts them all', async () => {
    const catalog = await catalogOf('p.ndjson', `${JSON.stringify(desk)}\n${'x\n'.repeat(150)}`);
    expect([catalog.rejected.length, catalog.rejectedCount]).toEqual([100, 150]);
  });
});

describe('a file without a product', () => {
  it.each([
    ['empty.ndjson', '', /holds no product .*it has no rows/],
    ['bad.ndjson', '{"id":"1"}', /bad\.ndjson:1: a product needs a title/],
    ['bad.json', '[1,', /bad\.json cannot be read/],
    ['bad.xml', '<rss><item>', /bad\.xml cannot be read/],
    ['shop.dat', 'x', /holds no product .*it has no rows/],
    ['shop.zip', 'PK\u0003\u0004', /a ZIP archive or a spreadsheet: save it as CSV/],
  ])('%s stops the start', async (name, content, message) => {
    await expect(catalogOf(name, content)).rejects.toThrow(message);
  });

  it('is named when it is not there', async () => {
    await expect(openCatalog({ name: 'shop', file: '/nowhere/products.csv' })).rejects.toThrow(
      /\/nowhere\/products\.csv cannot be read/,
    );
  });
});

describe('a catalogue in CSV', () => {
  it('is read with commas or semicolons, quotes and line ends in fields', async () => {
    const commas = await catalogOf('p.csv', 'SKU,Title,Price,Description\r\nA,"Desk, oak",10,"two\nlines"\r\n');
    const semicolons = await catalogOf('p.csv', 'sku;title;price\nA;Tisch;"1.299,00 €"\n');
    expect(await itemOf(commas, 'A')).toMatchObject({ title: 'Desk, oak', description: 'two\nlines', price: '10' });
    expect(await itemOf(semicolons, 'A')).toMatchObject({ title: 'Tisch', price: '1299.00', currency: 'EUR' });
  });

  it('puts the variants of a Shopify export together', async () => {
    const rows = [
      'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Image Src',
      'mitt,Ski Mitt,<p>Warm</p>,North,Gloves,ski,true,Size,S,,shopify,0,deny,54.95,https://s.example/m.png',
      'mitt,,,,,,,,L,,shopify,3,deny,59.95,',
      'mitt,,,,,,,,,,,,,,https://s.example/m2.png',
      'wax,Wax,,,,,true,Title,Default Title,,shopify,-2,deny,9.00,',
      'old,Old,,,,,false,Title,Default Title,,,5,deny,1.00,',
    ];
    const catalog = await catalogOf('shop.csv', rows.join('\n'), { currency: 'USD' });
    expect(catalog.size).toBe(3);
    expect(await itemOf(catalog, 'mitt')).toEqual({
      id: 'mitt',
      title: 'Ski Mitt',
      brand: 'North',
      description: 'Warm',
      url: '/products/mitt',
      imageUrl: 'https://s.example/m.png',
      price: '54.95',
      priceNote: '54.95 – 59.95',
      currency: 'USD',
      status: 'active',
      availability: 'in-stock',
      quantity: 3,
      category: 'Gloves',
      attributes: [
        { key: 'tags', value: 'ski' },
        { key: 'size', value: 'S' },
        { key: 'size', value: 'L' },
      ],
      highestPrice: '59.95',
      variants: [
        { options: [{ key: 'size', value: 'S' }], price: '54.95', quantity: 0, availability: 'out-of-stock' },
        { options: [{ key: 'size', value: 'L' }], price: '59.95', quantity: 3, availability: 'in-stock' },
      ],
    });
    expect(await itemOf(catalog, 'wax')).toMatchObject({ quantity: 0, availability: 'out-of-stock', price: '9.00' });
    expect(await itemOf(catalog, 'old')).toMatchObject({ status: 'inactive' });
    expect(await catalog.search({ text: 'old', limit: 1 })).toEqual([]);
  });
});

describe('a Google Merchant feed', () => {
  const expected = {
    id: 'G1',
    title: 'Lamp 5" & shade',
    description: 'Bright & warm',
    url: 'https://s.example/lamp?ref=1',
    imageUrl: 'https://s.example/lamp.png',
    price: '45.00',
    currency: 'EUR',
    availability: 'in-stock',
    brand: 'Lux',
    category: 'Home > Lamps',
    attributes: [{ key: 'color', value: 'red' }],
  };

  it('is read as tab-separated values, in which a quotation mark is an inch', async () => {
    const header =
      'id\ttitle\tdescription\tlink\timage_link\tprice\tsale_price\tavailability\tbrand\tproduct_type\tgoogle_product_category\tcolor';
    const row =
      'G1\tLamp 5" & shade\t<b>Bright</b> &amp; warm\thttps://s.example/lamp?ref=1\thttps://s.example/lamp.png\t50.00 EUR\t45.00 EUR\tin_stock\tLux\tHome > Lamps\t594\tred';
    expect(await itemOf(await catalogOf('feed.tsv', `${header}\n${row}\n`), 'G1')).toEqual(expected);
  });

  it.each([
    [
      'RSS',
      '<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>',
      'item',
      '<link>https://s.example/lamp?ref=1</link>',
      '</channel></rss>',
    ],
    [
      'Atom',
      '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>',
      'entry',
      '<link href="https://s.example/lamp?ref=1"/>',
      '</feed>',
    ],
  ])('is read as %s', async (_, head, name, link, tail) => {
    const fields = `<g:id>G1</g:id><title>Lamp 5" &amp; shade</title>${link}<g:description><![CDATA[<b>Bright</b> &amp; warm]]></g:description>
      <g:image_link>https://s.example/lamp.png</g:image_link><g:image_link>https://s.example/2.png</g:image_link>
      <g:price>45.00 EUR</g:price><g:availability>in_stock</g:availability><g:brand>Lux</g:brand>
      <g:shipping><g:country>US</g:country><g:price>6.49 USD</g:price></g:shipping>
      <g:product_type>Home &gt; Lamps</g:product_type><g:color>red</g:color>`;
    const feed = `<?xml version="1.0"?>\n${head}<${name}>${fields}</${name}><${name}><g:id>G2</g:id></${name}>${tail}`;
    const catalog = await catalogOf('feed.xml', feed);
    expect(await itemOf(catalog, 'G1')).toEqual(expected);
    expect(catalog.rejected.map(({ reason }) => reason)).toEqual(['a product needs a title']);
  });

  it('may be cut anywhere by the reader, also inside a character', async () => {
    const item = (number: number) =>
      `<item><g:id>N${number}</g:id><title>Größe ${'ü'.repeat(number % 97)} €</title></item>`;
    const feed = `<rss xmlns:g="x"><channel>${Array.from({ length: 3_000 }, (_, number) => item(number)).join('')}</channel></rss>`;
    const catalog = await openCatalog({ name: 'test', file: await fileOf('big.xml', feed) });
    expect(catalog.size).toBe(3_000);
    expect((await itemOf(catalog, 'N2999'))?.title).toBe(`Größe ${'ü'.repeat(2999 % 97)} €`);
  });
});
