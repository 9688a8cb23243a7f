import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.ts';
import { splitWords } from '../../../../src/backends/catalog/speak.ts';
import type { Turn } from '../../../../src/canonical/index.ts';
import { type Catalog, toItem } from '../../../../src/catalog/index.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { batchesOf, callOf, contextOf, openDemoBackend, openDemoCatalog, turnOf } from './conversation.ts';

let backend: Backend;
let catalog: Catalog;
beforeAll(async () => {
  [backend, catalog] = await Promise.all([openDemoBackend(), openDemoCatalog()]);
});

const fragments = fc.constantFrom(
  'blue hoodie',
  'hodie',
  'size L',
  'how much is',
  'compare',
  'and',
  'cheapest',
  'in stock?',
  'it',
  'under 50 euros',
  'the second one',
  'Can you elaborate on that?',
  'gift for my dad',
  'similar',
  'desk',
  'hello',
  'unter 20 Euro',
  'Größe M',
  'Was kostet',
  'brands',
  '\ud800',
  '\0',
  '<b>',
);
const texts = fc.oneof(
  fc.array(fragments, { maxLength: 8 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.lorem({ maxCount: 30 }),
);
const anyTurn: fc.Arbitrary<Turn> = fc
  .record(
    {
      text: texts,
      locale: fc.constantFrom('en', 'de', 'de-CH', 'xx', ''),
      pageUrl: fc.oneof(fc.constant('https://store.com/products/blue-hoodie'), fc.string()),
      itemLimit: fc.integer({ min: 0, max: 20 }),
      activity: fc.array(
        fc.record({
          timestamp: fc.string(),
          type: fc.string(),
          itemId: fc.constantFrom('ST678VG', 'KI-5007', 'none', '__proto__'),
        }),
        { maxLength: 4 },
      ),
    },
    { requiredKeys: ['text'] },
  )
  .map(({ text, ...rest }) => turnOf(text, rest));

describe('any message', () => {
  it('is answered with a stream in order, at most as many items as asked for, and the same one each time', async () => {
    await fc.assert(
      fc.asyncProperty(anyTurn, async (turn) => {
        const batches = await batchesOf(backend, turn);
        expect(await batchesOf(backend, turn)).toEqual(batches);
        const events = batches.flat();
        const items = events.flatMap((event) => (event.type === 'items-found' ? event.items : []));
        expect(items.length).toBeLessThanOrEqual(turn.itemLimit ?? 4);
        expect(events.at(-1)).toMatchObject({ type: 'reply-end', finishReason: 'stop', model: 'catalog' });
        const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
        expect(text.trim()).not.toBe('');
        expect(text).not.toMatch(/\p{Surrogate}/u);
        expect(text).not.toContain('\0');
      }),
      { numRuns: 400 },
    );
  });

  it('is answered with products that the catalogue has, as it has them', async () => {
    await fc.assert(
      fc.asyncProperty(anyTurn, async (turn) => {
        const events = (await batchesOf(backend, turn)).flat();
        const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
        for (const { id, query: _q, recommendation: _r, ...shown } of events.flatMap((event) =>
          event.type === 'items-found' ? event.items : [],
        )) {
          const known = (await catalog.get([id])).get(id);
          expect({ id, ...shown }).toEqual(known && toItem(known));
        }
        // A line of a list is a product with its own price.
        for (const [, title] of text.matchAll(/^• (.+?), [€\d]/gm)) {
          const found = await catalog.search({ text: title ?? '', limit: 80 });
          expect(found.some(({ item }) => item.title === title)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('may be a megabyte', async () => {
    for (const part of ['a', 'desk ', 'between 1', ' '.repeat(9), '1,', 'in in ', '?']) {
      const started = performance.now();
      await batchesOf(backend, turnOf(part.repeat(1_000_000 / part.length)));
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });
});

describe('a stream', () => {
  it('begins with its reply id, comes in several batches, and counts its words', async () => {
    const batches = await batchesOf(backend, turnOf('Do you ship to Canada?'));
    expect(batches[0]).toEqual([{ type: 'reply-start', replyId: contextOf().replyId }, { type: 'typing' }]);
    expect(batches.length).toBeGreaterThan(4);
    const deltas = batches.flat().filter(({ type }) => type === 'text-delta').length;
    expect(batches.at(-1)?.at(-1)).toMatchObject({
      usage: { inputTokens: 5, outputTokens: deltas, totalTokens: deltas + 5 },
    });
  });

  it('lets others have the event loop between batches', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const batches = await batchesOf(backend, turnOf('Tell me a long story'));
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(batches.length - 2);
  });

  it('splits a text into words that are the text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(splitWords(text).join('')).toBe(text);
      }),
    );
  });
});

describe('an abort', () => {
  const reason = new GatewayError('client-closed', 'The client left');

  it('before the answer ends it at once, with its reason', async () => {
    const stream = backend.answer(turnOf('Hello'), contextOf(), callOf(AbortSignal.abort(reason)));
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  it('after any batch ends it there, with its reason', async () => {
    const total = (await batchesOf(backend, turnOf('What are your business hours?'))).length;
    for (let allowed = 1; allowed < total; allowed += 1) {
      const controller = new AbortController();
      let batches = 0;
      const reading = (async () => {
        for await (const _ of backend.answer(
          turnOf('What are your business hours?'),
          contextOf(),
          callOf(controller.signal),
        )) {
          batches += 1;
          if (batches === allowed) controller.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(batches).toBe(allowed);
    }
  });
});
