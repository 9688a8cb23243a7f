import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { catalogOf, itemOf } from './files.ts';

const csv = 'id,title,brand,price\nA1,Größerer Füller,Müller,"12,50 €"\nA2,Café crème,Édition – 9,9.99\n';
const swap = (bytes: Buffer) => Buffer.from(bytes).swap16();
const wide = (text: string) => Buffer.from(text, 'utf16le');
/** windows-1252, as far as these texts go. */
const narrow = (text: string) => Buffer.from(text.replaceAll('€', '\x80').replaceAll('–', '\x96'), 'latin1');
const xml = (encoding: string) =>
  `<?xml version="1.0" encoding="${encoding}"?><rss><channel><item><id>A1</id><title>Größerer Füller</title><brand>Müller</brand><price>12,50 €</price></item></channel></rss>`;

describe('the bytes of a feed', () => {
  it.each<readonly [string, Buffer]>([
    ['UTF-8', Buffer.from(csv)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${csv}`)],
    ['UTF-16 of a little endian, without a mark', wide(csv)],
    ['UTF-16 of a little endian, with one', wide(`\ufeff${csv}`)],
    ['UTF-16 of a big endian, without a mark', swap(wide(csv))],
    ['UTF-16 of a big endian, with one', swap(wide(`\ufeff${csv}`))],
    ['windows-1252', narrow(csv)],
    ['gzip, whatever its name', gzipSync(csv)],
    ['gzip of windows-1252', gzipSync(narrow(csv))],
    ['XML in what it declares', narrow(xml('iso-8859-1').replace('€', 'EUR'))],
    ['XML that declares UTF-8 and is windows-1252', narrow(xml('UTF-8'))],
    ['XML that declares UTF-16 and is UTF-8', Buffer.from(xml('UTF-16'))],
    ['XML in UTF-16', wide(`\ufeff${xml('UTF-16')}`)],
  ])('may be %s', async (_, bytes) => {
    const catalog = await catalogOf('feed.csv', bytes);
    expect(await itemOf(catalog, 'A1')).toMatchObject({
      title: 'Größerer Füller',
      brand: 'Müller',
      price: '12.50',
      currency: 'EUR',
    });
  });

  it('are told apart also where the first letter beyond ASCII comes late', async () => {
    const rows = Array.from(
      { length: 3_000 },
      (_, number) => `${number},Plain lamp number ${number} ${'x'.repeat(100)}`,
    ).join('\n');
    const text = `id,title\n${rows}\nlast,Größe`;
    for (const bytes of [Buffer.from(text), narrow(text)]) {
      expect((await itemOf(await catalogOf('feed.csv', bytes), 'last'))?.title).toBe('Größe');
    }
  });

  it('cost one cell where one is broken', async () => {
    const [head, tail] = [Buffer.from(csv), Buffer.from('A3,Br\xf6ken,Müller,1\n', 'latin1')];
    const catalog = await catalogOf('feed.csv', Buffer.concat([head, tail]));
    expect((await itemOf(catalog, 'A2'))?.title).toBe('Café crème');
    expect((await itemOf(catalog, 'A3'))?.price).toBe('1');
  });

  it('that are cut short are no feed: gzip, XML, JSON', async () => {
    const packed = gzipSync(csv.repeat(200));
    await expect(catalogOf('f.csv.gz', packed.subarray(0, packed.length - 20))).rejects.toThrow(
      /unexpected end of file/,
    );
    const feed = xml('UTF-8');
    await expect(catalogOf('f.xml', feed.slice(0, -10))).rejects.toThrow(/cut short/);
    await expect(catalogOf('f.xml', feed.slice(0, -3))).rejects.toThrow(/cut short/);
    await expect(catalogOf('f.json', '[{"id":"1","title":"Lamp"},{"id":"2",')).rejects.toThrow(/cut short/);
    await expect(catalogOf('f.ndjson', '{"id":"1","title":"Lamp"}\n{"id":"2","ti')).rejects.toThrow(/cut short/);
  });
});

describe('a feed that is made to fill memory', () => {
  it('is refused when it unpacks to far more than its size', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 2 ** 20, 'x'));
    await expect(catalogOf('bomb.csv.gz', bomb)).rejects.toThrow(/unpacks to more than 200 times its size/);
  });

  it('loses a line without an end, and no other', async () => {
    const catalog = await catalogOf('p.csv', `id,title\n1,Lamp\n2,${'x'.repeat(3_000_000)}\n3,Desk\n`);
    expect([(await itemOf(catalog, '1'))?.title, (await itemOf(catalog, '3'))?.title, catalog.rejectedCount]).toEqual([
      'Lamp',
      'Desk',
      1,
    ]);
  });

  it('is refused for more columns than a file can have', async () => {
    const header = `title,${'x,'.repeat(200_000)}`;
    await expect(catalogOf('p.csv', `${header}\nLamp\n`)).rejects.toThrow(/more than 10000 columns/);
  });

  it('declares entities that are never made', async () => {
    const lol = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
    const feed = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">${lol}]><rss><item><id>1</id><title>A &l9; lamp</title></item></rss>`;
    expect((await itemOf(await catalogOf('f.xml', feed), '1'))?.title).toBe('A &l9; lamp');
  });

  it('is refused for elements within elements without end', async () => {
    const feed = `<rss><item><title>Lamp</title>${'<a>'.repeat(1_000)}${'</a>'.repeat(1_000)}</item></rss>`;
    await expect(catalogOf('f.xml', feed)).rejects.toThrow(/nested more than 40 deep/);
  });
});
