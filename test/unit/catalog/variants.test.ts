import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../src/catalog/index.ts';
import { catalogOf, catalogOfRows, itemOf } from './files.ts';

const lines = (...rows: readonly string[]) => `${rows.join('\n')}\n`;

/** A product's choices, each as its options, price, availability and quantity. */
const choicesOf = async (catalog: Catalog, id: string): Promise<readonly string[]> =>
  ((await itemOf(catalog, id))?.variants ?? []).map(({ options, price, availability, quantity }) =>
    [options.map(({ key, value }) => `${key}=${value}`).join('+'), price, availability, quantity].join(' ').trim(),
  );

async function span(catalog: Catalog, id: string) {
  const { price, highestPrice } = (await itemOf(catalog, id)) ?? {};
  return [price, highestPrice];
}

const shopify = {
  'of before 2025': lines(
    'Handle,Title,Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Status',
    'tee,Tee,Acme,true,Size,S,T-S,shopify,3,deny,19.00,active',
    'tee,,,,,M,T-M,shopify,0,deny,19.00,',
    'tee,,,,,L,T-L,shopify,0,continue,24.00,',
    'tee,,,,,XL,T-XL,,0,deny,24.00,',
    'draft,Draft,Acme,true,Title,Default Title,D,,,deny,5.00,draft',
    'gone,Gone,Acme,false,Title,Default Title,G,,,deny,5.00,active',
  ),
  'of now': lines(
    'Title,URL handle,Vendor,Published on online store,Status,SKU,Option1 name,Option1 value,Price,Inventory tracker,Inventory quantity,Continue selling when out of stock',
    'Tee,tee,Acme,TRUE,Active,T-S,Size,S,19.00,shopify,3,DENY',
    ',tee,,,,T-M,,M,19.00,shopify,0,DENY',
    ',tee,,,,T-L,,L,24.00,shopify,0,CONTINUE',
    ',tee,,,,T-XL,,XL,24.00,,0,DENY',
    'Draft,draft,Acme,TRUE,Draft,D,Title,Default Title,5.00,,,DENY',
    'Gone,gone,Acme,FALSE,Active,G,Title,Default Title,5.00,,,DENY',
  ),
};

describe('the variants of a Shopify export', () => {
  it.each(Object.entries(shopify))('%s are one product', async (_, text) => {
    const catalog = await catalogOf('shop.csv', text);
    expect(await choicesOf(catalog, 'tee')).toEqual([
      'size=S 19.00 in-stock 3',
      'size=M 19.00 out-of-stock 0',
      'size=L 24.00 preorder',
      'size=XL 24.00 in-stock',
    ]);
    expect(await span(catalog, 'tee')).toEqual(['19.00', '24.00']);
    expect((await itemOf(catalog, 'T-M'))?.id).toBe('tee');
    expect((await catalog.search({ text: '', limit: 9 })).map(({ item }) => item.id)).toEqual(['tee']);
  });
});

describe('a Google feed', () => {
  const row = (id: string, group: string, rest: string) =>
    `<item><g:id>${id}</g:id><g:item_group_id>${group}</g:item_group_id>${rest}</item>`;
  const feed = (...items: readonly string[]) =>
    `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>${items.join('')}</channel></rss>`;
  const tee = (size: string, price: string, availability: string) =>
    row(
      `TEE-${size}`,
      'TEE',
      `<g:title>Tee - ${size}</g:title><g:size>${size}</g:size><g:color>Blue</g:color><g:price>${price} EUR</g:price><g:availability>${availability}</g:availability><g:link>https://s.example/tee?size=${size}</g:link>`,
    );

  it('has the sizes of one product as one, wherever they stand', async () => {
    const mug = '<item><g:id>MUG</g:id><g:title>Mug</g:title><g:price>9.00 EUR</g:price></item>';
    const catalog = await catalogOf(
      'f.xml',
      feed(tee('S', '19.00', 'in stock'), mug, tee('M', '22.00', 'out of stock')),
    );
    expect(catalog.size).toBe(2);
    expect(await itemOf(catalog, 'TEE')).toMatchObject({ title: 'Tee', availability: 'in-stock', currency: 'EUR' });
    expect(await choicesOf(catalog, 'TEE')).toEqual(['size=S 19.00 in-stock', 'size=M 22.00 out-of-stock']);
    expect(await span(catalog, 'TEE')).toEqual(['19.00', '22.00']);
    expect((await itemOf(catalog, 'TEE'))?.attributes).toContainEqual({ key: 'color', value: 'Blue' });
    for (const size of ['S', 'M'])
      expect((await catalog.findByUrl(`https://s.example/tee?size=${size}`))?.id).toBe('TEE');
  });

  it('keeps apart what is called one group and has nothing in common', async () => {
    const other = (id: string, title: string) =>
      row(id, 'LAMPS', `<g:title>${title}</g:title><g:price>1 EUR</g:price>`);
    const catalog = await catalogOf('f.xml', feed(other('1', 'Table lamp'), other('2', 'Candle holder')));
    expect([(await itemOf(catalog, '1'))?.title, (await itemOf(catalog, '2'))?.title]).toEqual([
      'Table lamp',
      'Candle holder',
    ]);
  });
});

describe('the variants of another system', () => {
  it('are those of WooCommerce: a parent by SKU or by number', async () => {
    const text = lines(
      'ID,Type,SKU,Name,Published,Visibility in catalog,In stock?,Stock,Backorders allowed?,Sale price,Regular price,Categories,Parent,Attribute 1 name,Attribute 1 value(s)',
      '10,variable,HOOD,Hoodie,1,visible,1,,0,,,"Clothing, Clothing > Hoodies",,Size,"S, M, L"',
      '11,variation,HOOD-S,Hoodie - S,1,visible,1,4,0,,45,,HOOD,Size,S',
      '12,variation,HOOD-M,Hoodie - M,1,visible,0,0,0,,50,,id:10,Size,M',
      '13,variation,HOOD-L,Hoodie - L,-1,visible,1,,0,,50,,id:10,Size,L',
      '14,simple,CAP,Cap,-1,visible,1,,0,,15,,,,',
      '15,simple,SOCK,Sock,1,hidden,1,,0,,15,,,,',
      '16,simple,MUG,Mug,1,visible,1,,0,12,15,,,,',
    );
    const catalog = await catalogOf('woo.csv', text);
    expect(await choicesOf(catalog, '10')).toEqual(['size=S 45 in-stock 4', 'size=M 50 out-of-stock 0']);
    expect(await itemOf(catalog, '10')).toMatchObject({
      title: 'Hoodie',
      category: 'Clothing > Hoodies',
      price: '45',
      highestPrice: '50',
    });
    const found = (await catalog.search({ text: '', limit: 9 })).map(({ item }) => item.id);
    expect([found, (await itemOf(catalog, '16'))?.price, (await itemOf(catalog, '16'))?.availability]).toEqual([
      ['10', '16'],
      '12',
      'in-stock',
    ]);
  });

  it('are those of Magento: configurables that name them', async () => {
    const text = lines(
      'sku,store_view_code,product_type,categories,name,product_online,visibility,price,qty,is_in_stock,manage_stock,additional_attributes,configurable_variations',
      'TEE-S,,simple,Default Category/Tees,Tee S,1,Not Visible Individually,19.0000,3,1,1,"color=Blue,size=S",',
      'TEE-M,,simple,Default Category/Tees,Tee M,1,Not Visible Individually,21.0000,0,0,1,"color=Blue,size=M",',
      'TEE-L,,simple,Default Category/Tees,Tee L,2,Not Visible Individually,21.0000,9,1,1,"color=Blue,size=L",',
      'TEE,,configurable,Default Category/Tees,Tee,1,"Catalog, Search",,0,1,1,,"sku=TEE-S,size=S|sku=TEE-M,size=M|sku=TEE-L,size=L"',
      'TEE,de,configurable,,T-Shirt,,,,,,,,',
      'OFF,,simple,Default Category/Tees,Off,2,"Catalog, Search",5,1,1,1,,',
    );
    const catalog = await catalogOf('magento.csv', text);
    expect(await choicesOf(catalog, 'TEE')).toEqual(['size=S 19.00 in-stock 3', 'size=M 21.00 out-of-stock 0']);
    expect(await itemOf(catalog, 'TEE')).toMatchObject({ title: 'Tee', category: 'Tees' });
    expect((await catalog.search({ text: '', limit: 9 })).map(({ item }) => item.id)).toEqual(['TEE']);
    expect(catalog.rejected).toEqual([]);
  });

  it('are those of BigCommerce: the rows after a product', async () => {
    const text = lines(
      'Item Type,Product ID,Product Name,Product Code/SKU,Brand Name,Price,Sale Price,Allow Purchases?,Product Visible?,Track Inventory,Current Stock Level,Category',
      'Product,101,Tee,TEE,Acme,20.00,15.00,Y,Y,by option,12,Shop All;Clothing/Shirts',
      '  SKU,102,"[S]Size=S,[RB]Colour=Red",TEE-S,,,,,,,4,',
      '  SKU,103,"[S]Size=M,[RB]Colour=Red",TEE-M,,,,,,,0,',
      '  Rule,104,,,,,,,,,,',
      'Product,105,Hidden,HID,Acme,20.00,,Y,N,none,0,Shop All',
    );
    const catalog = await catalogOf('big.csv', text);
    expect(await choicesOf(catalog, '101')).toEqual([
      'size=S+colour=Red  in-stock 4',
      'size=M+colour=Red  out-of-stock 0',
    ]);
    expect(await itemOf(catalog, '101')).toMatchObject({ price: '15.00', quantity: 4, category: 'Clothing > Shirts' });
    expect((await catalog.search({ text: '', limit: 9 })).map(({ item }) => item.id)).toEqual(['101']);
  });

  it('are those of Shopify’s and WooCommerce’s APIs', async () => {
    const ofShopify = {
      ...{ id: 1, title: 'Tee', body_html: 'x', vendor: 'Acme', handle: 'tee', options: [{ name: 'Color' }] },
      variants: [
        {
          id: 2,
          option1: 'Pink',
          price: '19.00',
          inventory_management: 'shopify',
          inventory_quantity: 0,
          inventory_policy: 'deny',
        },
        {
          id: 3,
          option1: 'Red',
          price: '20.00',
          inventory_management: null,
          inventory_quantity: 0,
          inventory_policy: 'deny',
        },
      ],
    };
    const shop = await catalogOf('p.json', JSON.stringify({ products: [ofShopify] }));
    expect(await choicesOf(shop, '1')).toEqual(['color=Pink 19.00 out-of-stock 0', 'color=Red 20.00 in-stock']);
    const ofWoo = (id: number, rest: object) => ({
      id,
      name: 'Tee',
      type: 'simple',
      status: 'publish',
      stock_status: 'instock',
      ...rest,
    });
    const woo = await catalogOf(
      'p.json',
      JSON.stringify([
        ofWoo(5, {
          type: 'variable',
          regular_price: '',
          price: '9',
          variations: [6],
          attributes: [{ name: 'Size', options: ['S'] }],
          parent_id: 0,
        }),
        ofWoo(6, {
          type: 'variation',
          regular_price: '12',
          sale_price: '9',
          parent_id: 5,
          attributes: [{ name: 'Size', option: 'S' }],
        }),
        ofWoo(7, { regular_price: '5', status: 'draft', parent_id: 0 }),
      ]),
    );
    expect(await choicesOf(woo, '5')).toEqual(['Size=S 9 in-stock']);
    expect((await woo.search({ text: '', limit: 9 })).map(({ item }) => item.id)).toEqual(['5']);
  });

  it('are those of a ProductGroup in JSON-LD', async () => {
    const offers = (price: number, availability: string) => ({
      '@type': 'Offer',
      price,
      priceCurrency: 'EUR',
      availability,
    });
    const graph = {
      '@context': 'https://schema.org',
      '@graph': [
        { '@type': 'Organization', name: 'Shop' },
        {
          '@type': 'ProductGroup',
          productGroupID: 'TEE',
          name: 'Tee',
          variesBy: ['https://schema.org/size'],
          hasVariant: [
            { '@type': 'Product', sku: 'S1', size: 'S', offers: offers(19, 'https://schema.org/InStock') },
            { '@type': 'Product', sku: 'M1', size: 'M', offers: offers(22, 'https://schema.org/OutOfStock') },
          ],
        },
      ],
    };
    const catalog = await catalogOf('page.json', JSON.stringify(graph, null, 2));
    expect([catalog.size, (await itemOf(catalog, 'TEE'))?.currency]).toEqual([1, 'EUR']);
    expect(await choicesOf(catalog, 'TEE')).toEqual(['size=S 19 in-stock', 'size=M 22 out-of-stock']);
  });

  it('share a group in YML and Heureka too', async () => {
    const yml = `<yml_catalog><shop><categories><category id="1">Home</category><category id="2" parentId="1">Mixers</category></categories><offers>
      <offer id="1" available="true" group_id="7"><name>Mixer red</name><price>10</price><currencyId>RUR</currencyId><categoryId>2</categoryId><param name="Colour">red</param></offer>
      <offer id="2" available="false" group_id="7"><name>Mixer blue</name><price>12</price><currencyId>RUR</currencyId><categoryId>2</categoryId><param name="Colour">blue</param></offer>
    </offers></shop></yml_catalog>`;
    const catalog = await catalogOf('shop.yml', yml);
    expect(await itemOf(catalog, '7')).toMatchObject({ title: 'Mixer', category: 'Home > Mixers', currency: 'RUB' });
    expect(await choicesOf(catalog, '7')).toEqual(['Colour=red 10 in-stock', 'Colour=blue 12 out-of-stock']);
    const heureka = `<SHOP><SHOPITEM><ITEM_ID>1</ITEM_ID><PRODUCTNAME>Nokia</PRODUCTNAME><PRICE_VAT>6000</PRICE_VAT><CATEGORYTEXT>A | B</CATEGORYTEXT>
      <DELIVERY_DATE>0</DELIVERY_DATE><PARAM><PARAM_NAME>Colour</PARAM_NAME><VAL>black</VAL></PARAM></SHOPITEM></SHOP>`;
    expect(await itemOf(await catalogOf('h.xml', heureka), '1')).toMatchObject({
      ...{ price: '6000', category: 'A > B', availability: 'in-stock' },
      attributes: [{ key: 'Colour', value: 'black' }],
    });
  });
});

describe('a JSON file', () => {
  const lamp = { id: '1', title: 'Lamp', price: 5 };
  it.each([
    ['an array', [lamp]],
    ['one product', lamp],
    ['an answer with products', { products: [lamp], total: 1, skip: 0 }],
    ['an answer some levels down', { data: { products: { edges: [{ node: lamp }] } } }],
    ['a shop with a name and products', { name: 'Shop', products: [lamp] }],
    [
      'a list of what a page shows',
      {
        '@type': 'ItemList',
        itemListElement: [{ item: { '@type': 'Product', sku: '1', name: 'Lamp', offers: { price: 5 } } }],
      },
    ],
  ])('may be %s, on one line or on many', async (_, value) => {
    for (const text of [
      JSON.stringify(value),
      JSON.stringify(value, null, 2),
      `${JSON.stringify(value, null, '\t')}\n`,
    ]) {
      const catalog = await catalogOf('p.json', text);
      expect([catalog.size, (await itemOf(catalog, '1'))?.title, (await itemOf(catalog, '1'))?.price]).toEqual([
        1,
        'Lamp',
        '5',
      ]);
    }
  });

  it('loses one broken entry of an array, and no other', async () => {
    const catalog = await catalogOf(
      'p.json',
      '[{"id":"1","title":"A [x] \\" }"},{"id":2,title},{"id":"3","title":"B"}]',
    );
    expect([(await itemOf(catalog, '1'))?.title, (await itemOf(catalog, '3'))?.title, catalog.rejectedCount]).toEqual([
      'A [x] " }',
      'B',
      1,
    ]);
  });

  it('has groups of nothing where the parent is 0', async () => {
    const catalog = await catalogOfRows([
      { id: '1', title: 'Lamp', parent_id: 0 },
      { id: '2', title: 'Lamp', parent_id: 0 },
    ]);
    expect(catalog.size).toBe(2);
  });
});

describe('an XML file', () => {
  it.each([
    [
      'a prefix of its own',
      '<rss xmlns:base="http://base.google.com/ns/1.0"><item><base:id>1</base:id><base:title>Lamp</base:title><base:price>5</base:price></item></rss>',
    ],
    [
      'a prefix that nothing declares',
      '<rss><item><g:id>1</g:id><title>x</title><g:title>Lamp</g:title><g:price>5</g:price></item></rss>',
    ],
    ['names of its own', '<catalog><thing><id>1</id><name>Lamp</name><price>5</price></thing></catalog>'],
    ['attributes alone', '<products><product id="1" name="Lamp" price="5"/></products>'],
    [
      'CDATA, comments and a bare &',
      '<r><!-- <item> --><item><id>1</id><title><![CDATA[Lamp]]></title><price>5</price><brand>A & B</brand></item></r>',
    ],
  ])('may have %s', async (_, feed) => {
    expect(await itemOf(await catalogOf('f.xml', `<?xml version="1.0"?>\n${feed}`), '1')).toMatchObject({
      title: 'Lamp',
      price: '5',
    });
  });

  it('loses one product whose tags do not fit together, and no other', async () => {
    const item = (id: number, title: string) => `<item><id>${id}</id><title>${title}</title></item>`;
    const catalog = await catalogOf('f.xml', `<rss>${item(1, 'A')}${item(2, '<b>B')}${item(3, 'C')}</rss>`);
    expect([(await itemOf(catalog, '1'))?.title, (await itemOf(catalog, '3'))?.title, catalog.rejectedCount]).toEqual([
      'A',
      'C',
      1,
    ]);
  });
});
