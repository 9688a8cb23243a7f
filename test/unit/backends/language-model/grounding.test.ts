import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.ts';
import { type Catalog, toItem } from '../../../../src/catalog/index.ts';
import { type VendorCall, vendorReplies } from '../../../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../../../support/vendor-server.ts';
import { openDemoCatalog } from '../catalog/conversation.ts';
import { answerOf, outcomeOf, replyTo, type Vendor, type VendorOptions, vendorBackend, vendors } from './vendors.ts';

const hoodie = '1234567890123';
const zipHoodie = '1234567890130';

let catalog: Catalog;
const hoodieAsShown = async () => {
  const known = (await catalog.get([hoodie])).get(hoodie);
  return known && toItem(known);
};
let server: RawServer;
const opened: Backend[] = [];

beforeAll(async () => {
  catalog = await openDemoCatalog();
});
afterAll(() => catalog.close());
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close?.();
  await server.close();
});

function open(vendor: Vendor, rest: Omit<VendorOptions, 'url'> = {}): Backend {
  const backend = vendorBackend(vendor, { url: server.url, catalog, ...rest });
  opened.push(backend);
  return backend;
}

const call = (name: string, given: unknown, id = 'call_1'): VendorCall => ({
  id,
  name,
  arguments: typeof given === 'string' ? given : JSON.stringify(given),
});
const search = (given: unknown, id?: string) => call('search_catalog', given, id);
const show = (...items: readonly { id: string; reason?: string }[]) => call('show_items', { items }, 'call_2');

describe.each(vendors)('%s with a catalogue', (vendor) => {
  const { opening, delta, calls, closing, whole, results } = vendorReplies[vendor];
  const contentOf = (asked: { readonly json: any }) => results(asked.json).map(({ content }) => JSON.parse(content));

  it('searches, shows items of the catalogue with its reasons, and answers', async () => {
    const reply = replyTo(open(vendor), { text: 'A hoodie, please' });
    const first = await server.next();
    expect(JSON.stringify(first.json.tools)).toContain('search_catalog');
    first.end(opening + delta('Let me look.') + calls([search({ query: 'hoodie', max_price: 60 })]));
    const second = await server.next();
    const [found] = contentOf(second);
    expect(found.products.map(({ id }: any) => id)).toContain(hoodie);
    expect(found.products.map(({ id }: any) => id)).not.toContain(zipHoodie);
    second.end(opening + calls([show({ id: hoodie, reason: 'Warm and blue.' })]));
    const third = await server.next();
    expect(contentOf(third).at(-1)).toEqual({ shown: [hoodie] });
    third.end(opening + delta('This one is warm.') + closing);
    expect(await reply).toMatchObject({
      text: 'Let me look.\n\nThis one is warm.',
      items: [{ ...(await hoodieAsShown()), recommendation: 'Warm and blue.', query: 'hoodie' }],
      usage: { inputTokens: 21, outputTokens: 15, totalTokens: 36 },
    });
  });

  it('does the same in plain documents', async () => {
    const reply = replyTo(open(vendor), { text: 'A hoodie, please', delivery: 'whole' });
    (await server.next()).answer(200, whole('', [search({ query: 'hoodie' }), show({ id: hoodie })]));
    const second = await server.next();
    expect(results(second.json).map(({ id }) => id)).toEqual(['call_1', 'call_2']);
    second.answer(200, whole('Here it is'));
    expect(await reply).toMatchObject({ text: 'Here it is', items: [{ id: hoodie, title: 'Blue Hoodie' }] });
  });

  it('shows nobody what the catalogue does not have, and tells the model', async () => {
    const reply = replyTo(open(vendor), { text: 'A flying carpet' });
    (await server.next()).end(opening + calls([show({ id: 'made-up', reason: 'It flies' }, { id: hoodie })]));
    const second = await server.next();
    expect(contentOf(second)).toEqual([{ shown: [hoodie], not_in_the_catalogue: ['made-up'] }]);
    second.end(opening + delta('We have none') + closing);
    expect((await reply).items.map(({ id }) => id)).toEqual([hoodie]);
  });

  it('shows no more than the turn allows, and nothing twice', async () => {
    const reply = replyTo(open(vendor), { text: 'Hoodies', itemLimit: 1 });
    (await server.next()).end(opening + calls([show({ id: hoodie }, { id: hoodie }, { id: zipHoodie })]));
    const second = await server.next();
    expect(contentOf(second)).toMatchObject([{ shown: [hoodie], left_out: { ids: [zipHoodie] } }]);
    second.end(opening + delta('Here') + closing);
    expect((await reply).items.map(({ id }) => id)).toEqual([hoodie]);
  });

  it('shows what it found and speaks of by name, where it shows nothing itself', async () => {
    const reply = replyTo(open(vendor), { text: 'A hoodie' });
    (await server.next()).end(opening + calls([search({ query: 'hoodie' })]));
    (await server.next()).end(opening + delta('Take the BLUE hoodie, not a Magic Hoodie.') + closing);
    expect((await reply).items.map(({ id }) => id)).toEqual([hoodie]);
  });

  it("tells the model the page that the visitor is on, and its language, as data in the visitor's part", async () => {
    const turn = {
      text: 'Is it warm?',
      pageUrl: 'https://ada:x@store.com/products/blue-hoodie?a=1#b',
      locale: 'de_AT',
    };
    const reply = replyTo(open(vendor, { system: 'You are Kim.' }), turn);
    const asked = await server.next();
    const system = vendor === 'anthropic' ? asked.json.system : asked.json.messages[0].content;
    expect(system).toMatch(/^You are Kim\./);
    expect(system).not.toMatch(/Hoodie|de-AT|store\.com/);
    const said = vendor === 'anthropic' ? asked.json.messages[0].content[0].text : asked.json.messages[1].content;
    const [, data = '', text] = /^<turn-data>(.*)<\/turn-data>\n\n(.*)$/.exec(said) ?? [];
    expect(text).toBe('Is it warm?');
    expect(JSON.parse(data)).toMatchObject({
      page: 'https://store.com/products/blue-hoodie',
      language: 'de-AT',
      product_on_the_page: { id: hoodie },
    });
    asked.end(opening + delta('Yes') + closing);
    await reply;
  });

  it('goes on without tools after four rounds, and is not asked a sixth time (failure 20)', async () => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    for (let round = 0; round < 4; round += 1) (await server.next()).end(opening + calls([search({ query: 'desk' })]));
    const last = await server.next();
    expect(JSON.stringify(last.json.tool_choice)).toContain('none');
    last.end(opening + delta('Enough') + calls([search({ query: 'desk' })]));
    expect(await reply).toMatchObject({ text: 'Enough', finishReason: 'stop' });
    expect(server.requests).toHaveLength(5);
  });

  it('that never answers is a failure (failure 20)', async () => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    for (let round = 0; round < 5; round += 1) (await server.next()).end(opening + calls([search({ query: 'desk' })]));
    expect(await outcome).toMatchObject({ events: [], error: { code: 'upstream-protocol' } });
  });

  it('fails where the vendor fails in a later round', async () => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + calls([search({ query: 'desk' })]));
    (await server.next()).answer(503, {});
    expect(await outcome).toMatchObject({ events: [], error: { code: 'upstream-unavailable' } });
  });

  it.each([
    ['that is not JSON', search('{"query": "hood'), 'not JSON'],
    ['that is no object', search('["hoodie"]'), 'must be object'],
    ['without what is required', search({}), 'query'],
    ['of a wrong type', search({ query: 'hoodie', limit: 'three' }), 'limit'],
    ['of a tool that is not there', call('drop_tables', {}), 'no tool'],
    ['of a tool by a name of every object', call('constructor', {}), 'no tool'],
    ['with ids that are none', call('show_items', { items: [{ id: 7 }] }), 'id'],
  ])('answers a call %s to the model, and goes on (failure 20)', async (_, odd, told) => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    (await server.next()).end(opening + calls([odd]));
    const second = await server.next();
    expect(JSON.stringify(contentOf(second))).toContain(told);
    // What is sent again must be readable to the vendor.
    if (vendor === 'openai') JSON.parse(second.json.messages.at(-2).tool_calls[0].function.arguments);
    second.end(opening + delta('Sorry') + closing);
    expect(await reply).toMatchObject({ text: 'Sorry', items: [] });
  });

  it('a call without end is refused', async () => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + calls([search(`{"query": "${'x'.repeat(40_000)}"}`)]));
    expect((await outcome).error).toMatchObject({ code: 'upstream-protocol' });
  });

  it('reads null as what is left out', async () => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    (await server.next()).end(opening + calls([search({ query: 'hoodie', brand: null, limit: null })]));
    const second = await server.next();
    expect(contentOf(second)[0].products.length).toBeGreaterThan(0);
    second.end(opening + delta('Yes') + closing);
    await reply;
  });

  describe('without tools', () => {
    it('is told what a search finds, once, and its words choose what is shown', async () => {
      const reply = replyTo(open(vendor, { tools: false }), { text: 'Do you have a hoodie?' });
      const asked = await server.next();
      expect(asked.json.tools).toBeUndefined();
      expect(asked.body).toContain(hoodie);
      asked.end(opening + delta('The Grey Zip ') + delta('Hoodie is light.') + closing);
      expect((await reply).items.map(({ id }) => id)).toEqual([zipHoodie]);
      expect(server.requests).toHaveLength(1);
    });

    it('shows what has every word, where its words name nothing', async () => {
      const reply = replyTo(open(vendor, { tools: false }), { text: 'blue hoodie', itemLimit: 3 });
      (await server.next()).end(opening + delta('Yes, we do.') + closing);
      expect((await reply).items[0]).toMatchObject({ id: hoodie });
    });

    it('shows nothing to who asks for nothing', async () => {
      const reply = replyTo(open(vendor, { tools: false }), { text: 'Hello, thank you' });
      (await server.next()).end(opening + delta('You are welcome') + closing);
      expect((await reply).items).toEqual([]);
    });
  });
});

describe('servers that speak like openai', () => {
  const frame = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;
  const { delta, opening, closing, results } = vendorReplies.openai;
  const query = (text: string) => JSON.stringify({ query: text });

  it.each([
    [
      'number every call 0',
      frame({ tool_calls: [{ index: 0, id: 'a', function: { name: 'search_catalog', arguments: query('hoodie') } }] }) +
        frame({ tool_calls: [{ index: 0, id: 'b', function: { name: 'search_catalog', arguments: query('desk') } }] }),
    ],
    [
      'number none',
      frame({
        tool_calls: [
          { id: 'a', function: { name: 'search_catalog', arguments: query('hoodie') } },
          { id: 'b', function: { name: 'search_catalog', arguments: query('desk') } },
        ],
      }),
    ],
    [
      'give arguments as objects, and repeat the id',
      frame({ tool_calls: [{ index: 0, id: 'a', function: { name: 'search_catalog', arguments: '{"query"' } }] }) +
        frame({ tool_calls: [{ index: 0, id: 'a', function: { arguments: ':"hoodie"}' } }] }) +
        frame({
          tool_calls: [{ index: 1, id: 'b', function: { name: 'search_catalog', arguments: { query: 'desk' } } }],
        }),
    ],
  ])('may %s, and end with `stop` (failure 20)', async (_, said) => {
    const reply = replyTo(open('openai'), { text: 'Hello' });
    (await server.next()).end(`${said}${frame({}, 'stop')}data: [DONE]\n\n`);
    const second = await server.next();
    const told = results(second.json);
    expect(told.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(told.map(({ content }) => JSON.parse(content).products.length > 0)).toEqual([true, true]);
    second.end(opening + delta('Yes') + closing);
    expect(await reply).toMatchObject({ text: 'Yes' });
  });
});
