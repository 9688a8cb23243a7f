import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.ts';
import { currencyNamed } from '../../../../src/backends/catalog/reading/prices.ts';
import type { Turn } from '../../../../src/canonical/index.ts';
import { callOf, contextOf, openDemoBackend, turnOf, visitTo } from './conversation.ts';

const hoodiePage = { pageUrl: 'https://store.com/products/blue-hoodie?utm_source=mail' };

let backend: Backend;
beforeAll(async () => {
  backend = await openDemoBackend();
});

const ask = (text: string, rest?: Partial<Turn>) => visitTo(backend)(text, rest);
const titles = async (text: string, rest?: Partial<Turn>) => (await ask(text, rest)).items.map(({ title }) => title);

describe('stock', () => {
  it.each([
    ['Does it come in size XXL?', /^No, I have no size XXL listed for the Blue Hoodie\. There is: S, M, L, XL\./],
    ['is it in stock?', /^Yes! We have the Blue Hoodie in stock \(12 available\)/],
    ['do you have this in red?', /^No, I have no red listed for the Blue Hoodie\. There is: blue\./],
    ['Do you have it in medium?', /^Yes! Size M is in stock for the Blue Hoodie \(5 left\)/],
    ['does it come in blue?', /^Yes! Blue is in stock for the Blue Hoodie/],
  ])('of the page that the visitor is on: %s', async (text, answer) => {
    expect((await ask(text, hoodiePage)).text).toMatch(answer);
  });

  it.each([
    [
      'Do you have the grey zip hoodie in XL?',
      /^Sorry, we have no Grey Zip Hoodie in size XL at the moment\. In stock: M, L\./,
    ],
    ['leather sneakers in 44?', /^Sorry, we have no Leather Sneakers in size 44/],
    ['blue hodie in size L', /^Yes! Size L is in stock for the Blue Hoodie/],
    ['Is the plunge saw available?', /^Not in stock yet, but you can pre-order the Plunge Saw with Rail/],
    ['is the block plane available', /^Yes! We have the Low Angle Block Plane in stock, but only 5 left/],
    ['Is the itelio workshop desk available in size L?', /^I have no choices listed for the Itelio workshop desk/],
  ])('of a product by its name: %s', async (text, answer) => {
    expect((await ask(text)).text).toMatch(answer);
  });

  it('that is out comes with what is like it', async () => {
    const reply = await ask('Is the quilted vest in stock?');
    expect(reply.text).toMatch(/^Sorry, we have no Quilted Vest in stock/);
    expect(reply.items.map(({ title }) => title)).toEqual(['Quilted Vest', 'Waterproof Shell Jacket']);
  });

  it('of a kind of product leaves out what cannot be had', async () => {
    expect(await titles('coffee things available now')).not.toContain('Hand Coffee Grinder');
    expect(await titles('hoodies in size XL')).toEqual(['Blue Hoodie']);
  });
});

describe('prices', () => {
  it('are told of one product', async () => {
    expect((await ask('How much is the Itelio workshop desk?')).text).toBe(
      'The price of the Itelio workshop desk is €999.99 (incl. VAT, free delivery). We have 5 in stock.',
    );
  });

  it.each([
    ['desks under 500 euros', 0, 500],
    ['desks below €500', 0, 500],
    ['tools between 20 and 40', 20, 40],
    ['tools from 20 to 40 euros', 20, 40],
    ['hoodies over 50', 50, Infinity],
    ['something for mum, at most 30 eur', 0, 30],
  ])('limit what is found: %s', async (text, low, high) => {
    const { items } = await ask(text);
    expect(items.length).toBeGreaterThan(0);
    for (const { price } of items) expect(Number(price) >= low && Number(price) <= high).toBe(true);
  });

  it('are not seen in numbers of other things', async () => {
    expect((await ask('drill with more than 50 newton metres')).text).not.toContain('€50');
  });

  it('that nothing has are said so, with what is nearest', async () => {
    const reply = await ask('hoodies under 20 euros');
    expect(reply.text).toMatch(/^I have nothing for “hoodies” up to €20\. This comes closest in price:/);
    expect(reply.items[0]?.title).toBe('Kids Rainbow Hoodie');
  });

  it.each([
    ['what is your cheapest hoodie?', 'Kids Rainbow Hoodie'],
    ['most expensive desk', 'Itelio workshop desk'],
  ])('decide: %s', async (text, title) => {
    expect((await titles(text))[0]).toBe(title);
  });
});

describe('a comparison', () => {
  it('says exactly how much lies between two products', async () => {
    const reply = await ask('compare the blue hoodie and the grey zip hoodie');
    expect(reply.items.map(({ title }) => title)).toEqual(['Blue Hoodie', 'Grey Zip Hoodie']);
    expect(reply.text).toContain('The price of the Blue Hoodie is €5.00 below that of the Grey Zip Hoodie.');
  });

  it('may be with the page that the visitor is on', async () => {
    expect(await titles('compare this with the wool beanie', hoodiePage)).toEqual(['Blue Hoodie', 'Wool Beanie']);
  });

  it('may be of what was answered last', async () => {
    const say = visitTo(backend);
    await say('show me hoodies');
    expect((await say('which is cheaper?')).text).toContain('The price of the Kids Rainbow Hoodie is');
  });
});

describe('a conversation', () => {
  it('knows the second one, and what is cheaper than that', async () => {
    const say = visitTo(backend);
    await say('show me desks');
    expect((await say('how much is the second one?')).text).toMatch(/^The price of the Oak Writing Desk is €469\.00/);
    expect((await say('is there anything cheaper?')).items.map(({ title }) => title)).toEqual(['Standing Desk Frame']);
  });

  it('tells more of what was shown', async () => {
    const say = visitTo(backend);
    await say('ST678VG');
    expect((await say('tell me more')).text).toContain('Solid wood workshop desk for the discerning customer.');
  });

  it('knows what was looked at', async () => {
    const activity = [{ timestamp: '2026-01-05T09:00:00Z', type: 'browse', itemId: 'KI-5007' }];
    expect((await ask('is it available?', { activity })).text).toMatch(/^Yes! We have the Stoneware Mug in stock/);
  });

  it('knows what the client kept of it', async () => {
    const hours = (await ask('What are your business hours?')).text;
    const history = [
      { role: 'visitor' as const, text: 'hours?' },
      { role: 'assistant' as const, text: hours },
    ];
    expect((await ask('Can you elaborate on that?', { history })).text).toContain('public holidays');
  });

  it('is read only when the message needs it', async () => {
    const readsFor = async (text: string, rest?: Partial<Turn>) => {
      const context = contextOf();
      for await (const _ of backend.answer(turnOf(text, rest), context, callOf()));
      return context.reads();
    };
    expect(await readsFor('Hello')).toBe(0);
    expect(await readsFor('show me desks')).toBe(0);
    expect(await readsFor('What are your business hours?')).toBe(0);
    // Another product may have been named since.
    expect(await readsFor('is it in stock?', hoodiePage)).toBe(1);
    expect(await readsFor('Can you elaborate on that?')).toBe(1);
    expect(await readsFor('is it in stock?')).toBe(1);
  });
});

describe('a search', () => {
  it.each([
    ['hodie', 'Blue Hoodie'],
    ['wrokshop desk', 'Itelio workshop desk'],
    ['show me Homie products', 'Blue Hoodie'],
    ['Northfell jackets', 'Waterproof Shell Jacket'],
    ['I need a lamp for my desk', 'Pivot Desk Lamp'],
    ['what is similar to the Itelio workshop desk?', 'Itelio compact workbench'],
    ['gift ideas under 30 euros', 'Hot Sauce Trio'],
    ['gift for a gamer', 'Harbour Lights Board Game'],
  ])('%s finds %s', async (text, title) => {
    expect((await titles(text))[0]).toBe(title);
  });

  it('keeps to the number of items that was asked for, four otherwise', async () => {
    expect(await titles('show me desks')).toHaveLength(4);
    expect(await titles('show me desks', { itemLimit: 2 })).toHaveLength(2);
    expect(await titles('show me desks', { itemLimit: 0 })).toHaveLength(0);
  });

  it('that finds nothing says so, and what there is', async () => {
    const reply = await ask('Do you have bananas?');
    expect(reply.text).toBe(
      'Sorry, I could not find anything for “bananas”. We do have Workshop, Clothing, Home, Kitchen, Outdoor, Gifts, Office, and Toys & Games: shall I show you some?',
    );
    expect(reply.items).toEqual([]);
    expect(reply.suggestions).toContain('Show me Workshop');
  });

  it('that comes close says that it is not exact', async () => {
    expect((await ask('purple workshop desk')).text).toMatch(/^I found nothing that is exactly “purple workshop desk”/);
  });

  it('offers what it then can answer', async () => {
    for (const suggestion of (await ask('show me desks')).suggestions) {
      expect((await ask(suggestion)).text).not.toMatch(/^(?:Sorry|I found nothing)/);
    }
  });
});

describe('small talk', () => {
  it.each([
    ['thanks a lot!', /^You are welcome/],
    ['bye', /^Goodbye/],
    ['  ?! ', /^How can I help/],
    ['what do you sell?', /^We have Workshop, Clothing/],
    ['which brands do you have?', /^We carry Fernwright/],
  ])('%s', async (text, answer) => {
    expect((await ask(text)).text).toMatch(answer);
  });

  it('admits that it cannot see a picture', async () => {
    const attachments = [{ kind: 'image' as const, url: 'https://store.com/uploads/1.png' }];
    expect((await ask('', { attachments })).text).toMatch(/I cannot see it/);
  });
});

describe('German', () => {
  it.each([
    [
      'Habt ihr den blauen Hoodie in Größe L?',
      {},
      /^Ja! Größe L ist für „Blue Hoodie“ auf Lager \(4 Stück\)\. Der Preis ist 59,99 €\./,
    ],
    ['Was kostet der Itelio workshop desk?', {}, /^„Itelio workshop desk“ kostet 999,99 €/],
    [
      'hoodie unter 40 euro',
      { locale: 'de-AT' },
      /^Das habe ich zu „hoodie“ bis 40 € gefunden:\n• Kids Rainbow Hoodie, 34,99 €, auf Lager/,
    ],
    ['Ist das auf Lager?', { ...hoodiePage, locale: 'de' }, /^Ja! Wir haben „Blue Hoodie“ auf Lager/],
    ['Wann habt ihr geöffnet?', {}, /^Wir haben montags bis freitags/],
    ['Hallo', { locale: 'de' }, /^Hallo! Wie kann ich helfen\?/],
    ['Danke!', { locale: 'de' }, /^Sehr gern!/],
    ['Habt ihr Bananen?', {}, /^Leider habe ich nichts zu „Bananen“ gefunden/],
  ])('%s', async (text, rest, answer) => {
    expect((await ask(text, rest)).text).toMatch(answer);
  });

  it('is not answered to English on a German page', async () => {
    expect((await ask('What are your business hours?', { locale: 'de' })).text).toMatch(/^We are open/);
  });
});

describe('what is not wanted', () => {
  const unwanted = ['wool', 'nylon', 'steel', 'oak', 'leather', 'linen', 'canvas', 'denim', 'cashmere'];
  const strange = Array.from({ length: 30 }, (_, place) => `thing${String.fromCharCode(97 + place)}x`);

  it('is left out, however much of it is named', async () => {
    const { text, items } = await ask(`show me 20 things, ${unwanted.map((word) => `no ${word}`).join(', ')}`);
    expect(text).toContain('cashmere');
    expect(items.length).toBeGreaterThan(0);
    for (const { attributes = [] } of items)
      for (const { key, value } of attributes)
        if (key === 'material') expect(unwanted.some((word) => value.includes(word))).toBe(false);
  });

  it('is told where it is more than can be left out', async () => {
    const { text } = await ask(`hoodies, ${strange.map((word) => `no ${word}`).join(', ')}, no blue`);
    expect(text).toMatch(/I could not take “.*blue” into account/);
    expect(text).not.toMatch(/found for “[^”]*(?:blue|thing)/);
  });

  it('is told once', async () => {
    const { text } = await ask('hoodies, not blue, not blue, not blue');
    expect(text).toContain('I left out what names “blue”.');
  });
});

describe('a currency that is named', () => {
  it.each([
    ['$', 'EUR', 'USD'],
    ['$', 'MXN', 'MXN'],
    ['dollars', 'CAD', 'CAD'],
    ['dollars', 'MXN', 'USD'],
    ['¥', 'CNY', 'CNY'],
    ['£', 'EGP', 'EGP'],
    ['pounds', 'EUR', 'GBP'],
    ['kronen', 'DKK', 'DKK'],
    ['kronen', 'EUR', 'kronen'],
    ['franken', 'EUR', 'CHF'],
    ['us dollars', 'CAD', 'USD'],
  ])('%s is read in a shop of %s as %s', (name, usual, code) => {
    expect(currencyNamed(name, usual)).toBe(code);
  });
});
