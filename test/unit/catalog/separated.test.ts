import { describe, expect, it } from 'vitest';
import { catalogOf, itemOf } from './files.ts';

const lamp = { id: 'A1', title: 'Lamp, blue', price: '12.99' };

describe('a separated file', () => {
  it.each([
    ['commas', 'id,title,price\nA1,"Lamp, blue",12.99\n'],
    ['semicolons', 'id;title;price\nA1;Lamp, blue;12,99\n'],
    ['tabs', 'id\ttitle\tprice\nA1\tLamp, blue\t12.99\n'],
    ['strokes', 'id|title|price\nA1|Lamp, blue|12.99\n'],
    [
      'semicolons, with commas in its header',
      'id;"note, short";title;"price, EUR, gross";price\nA1;x;Lamp, blue;y;12,99\n',
    ],
    ['what it says in its first line', 'sep=;\nid;title;price\nA1;Lamp, blue;12,99\n'],
    ['lines before its header', 'Product export, of 2026\n\n# by hand\nid,title,price\nA1,"Lamp, blue",12.99\n'],
    ['remarks between its rows', 'id,title,price\n# new\nA1,"Lamp, blue",12.99\n'],
    ['CR for line ends', 'id,title,price\rA1,"Lamp, blue",12.99\r'],
    ['spaces before quotation marks', 'id, title, price\nA1, "Lamp, blue", 12.99\n'],
    ['names that stand there twice', 'id,title,price,title,image,image\nA1,"Lamp, blue",12.99,,,\n'],
    ['names of capital letters', 'ID,PRODUCT TITLE,PRICE\nA1,"Lamp, blue",12.99\n'],
  ])('may have %s', async (_, text) => {
    expect(await itemOf(await catalogOf('feed.txt', text), 'A1')).toEqual(lamp);
  });

  it.each([
    ['doubled', '"27"" lamp, ""red"""', '27" lamp, "red"'],
    ['bare within quotes', '"a "red" lamp"', 'a "red" lamp'],
    ['an inch', '27" lamp', '27" lamp'],
    ['behind a backslash', '"a \\"red\\", lamp"', 'a "red", lamp'],
    ['around lines', '"two\nlines"', 'two\nlines'],
  ])('may have quotation marks %s', async (_, cell, title) => {
    const catalog = await catalogOf('p.csv', `id,price,title,brand\nA1,1,${cell},x\nA2,2,Desk,y\n`);
    expect(await itemOf(catalog, 'A1')).toMatchObject({ title, brand: 'x' });
    expect(await itemOf(catalog, 'A2')).toMatchObject({ title: 'Desk', brand: 'y' });
  });

  it('loses one row to a quotation mark that is never closed, and no other', async () => {
    const rows = ['A1,"Lamp, small,10', 'A2,Desk,99', 'A3,"Chair, red",49', 'A4,Stool,"5"'];
    const catalog = await catalogOf('p.csv', `id,title,price\n${rows.join('\n')}\n`);
    const found = await catalog.get(['A1', 'A2', 'A3', 'A4']);
    expect([...found].map(([id, { price }]) => [id, price])).toEqual([
      ['A2', '99'],
      ['A3', '49'],
      ['A4', '5'],
    ]);
    expect(catalog.rejected).toEqual([{ line: 2, reason: 'a quotation mark is never closed' }]);
  });

  it('takes nothing of what follows a broken row for a product, until a whole row comes', async () => {
    const rows = ['A1,"<p class="x">Lamp', 'small</p>",10', 'A2,Desk,99'];
    const catalog = await catalogOf('p.csv', `id,title,price\n${rows.join('\n')}\n`);
    expect([catalog.size, (await itemOf(catalog, 'A2'))?.price]).toEqual([1, '99']);
  });

  it('names its columns in the shop’s language', async () => {
    const files = {
      de: 'Artikelnummer;Bezeichnung;Hersteller;Preis;Bestand;Beschreibung;Warengruppe\nA1;Lampe;Ikea;12,99;5;Schön;Licht\n',
      fr: 'référence;désignation;marque;prix TTC;quantité;descriptif;catégorie\nA1;Lampe;Ikea;12,99 €;5;Schön;Licht\n',
      es: 'código,nombre,marca,precio,existencias,descripción,categoría\nA1,Lampe,Ikea,"12,99",5,Schön,Licht\n',
      it: 'codice;nome;marca;prezzo;giacenza;descrizione;categoria\nA1;Lampe;Ikea;12,99;5;Schön;Licht\n',
      nl: 'artikelcode;naam;merk;prijs;voorraad;omschrijving;productcategorie\nA1;Lampe;Ikea;12,99;5;Schön;Licht\n',
    };
    for (const text of Object.values(files)) {
      expect(await itemOf(await catalogOf('p.csv', text), 'A1')).toMatchObject({
        ...{ title: 'Lampe', brand: 'Ikea', price: '12.99', quantity: 5, availability: 'in-stock' },
        ...{ description: 'Schön', category: 'Licht' },
      });
    }
  });

  it('may name the currency in the header', async () => {
    for (const name of ['Price (EUR)', 'price_eur', 'Preis in €']) {
      expect(await itemOf(await catalogOf('p.csv', `id,title,${name}\nA1,Lamp,10\n`), 'A1')).toMatchObject({
        price: '10',
        currency: 'EUR',
      });
    }
  });
});
