import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, defaultReplyBounds } from '../../src/canonical/index.ts';
import { chunking, reply } from '../support/arbitraries.ts';
import { guardReply } from '../support/guard-reply.ts';

const start: ChatEvent = { type: 'reply-start', replyId: 'r' };
const hello: ChatEvent = { type: 'text-delta', text: 'Hello' };
const typing: ChatEvent = { type: 'typing' };
const items: ChatEvent = { type: 'items-found', items: [{ id: '1', title: 'a' }] };
const suggestions: ChatEvent = { type: 'suggestions', suggestions: ['b'] };
const end: ChatEvent = { type: 'reply-end', finishReason: 'stop' };

/** The batches that a guard lets through, and how it ends. */
async function watch(batches: readonly (readonly ChatEvent[])[], bounds = defaultReplyBounds) {
  async function* stream() {
    yield* batches;
  }
  const passed: (readonly ChatEvent[])[] = [];
  try {
    for await (const batch of guardReply(stream(), bounds)) passed.push(batch);
    return { passed };
  } catch (error) {
    return { passed, error };
  }
}

const refusal = (message: RegExp) => ({
  error: expect.objectContaining({
    code: 'upstream-protocol',
    message: expect.stringMatching(message) as unknown,
  }) as unknown,
});

describe('guardReply', () => {
  it('passes on every stream that is in order, batch by batch, as it is', async () => {
    const streams = reply({ conversationId: 'c' }).chain(chunking);
    await fc.assert(
      fc.asyncProperty(streams, fc.integer({ min: 1, max: 5 }), async (events, size) => {
        const batches = Array.from({ length: Math.ceil(events.length / size) }, (_, at) =>
          events.slice(at * size, (at + 1) * size),
        );
        expect(await watch(batches)).toStrictEqual({ passed: batches });
      }),
    );
  });

  it('drops empty batches', async () => {
    expect((await watch([[], [start], [], [end], []])).passed).toEqual([[start], [end]]);
  });

  it.each([
    ['no event at all', [], /stopped without its end/],
    ['no end', [start, hello], /stopped without its end/],
    ['no start', [hello, end], /has text-delta out of order/],
    ['typing before the start', [typing, start, end], /has typing out of order/],
    ['items before the start', [items, start, end], /has items-found out of order/],
    ['suggestions before the start', [suggestions, start, end], /has suggestions out of order/],
    ['an end alone', [end], /has reply-end out of order/],
    ['a second start', [start, start, end], /has reply-start out of order/],
    ['a start after text', [start, hello, start, end], /has reply-start out of order/],
    ['text after the end', [start, end, hello], /goes on after its end, with text-delta/],
    ['a second end', [start, end, end], /goes on after its end, with reply-end/],
    ['a second reply', [start, end, start, end], /goes on after its end, with reply-start/],
  ] as const)('refuses a stream with %s', async (_what, events, message) => {
    expect(await watch(events.map((event) => [event]))).toMatchObject(refusal(message));
    expect(await watch([events])).toMatchObject(refusal(message));
  });

  it('failure 11: never takes a stream that was cut short for a short reply', async () => {
    const streams = reply({ conversationId: 'c' }).chain(chunking);
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(), async (events, at) => {
        const cut = events.slice(0, at % events.length);
        expect(await watch([cut])).toMatchObject(refusal(/stopped without its end/));
      }),
    );
  });

  it('passes nothing of a batch in which something is out of order', async () => {
    expect((await watch([[start], [hello, end, hello]])).passed).toEqual([[start]]);
  });

  it('failure 32: refuses more text and more items than the bounds', async () => {
    const bounds = { ...defaultReplyBounds, maxCharacters: 10, maxItems: 1 };
    expect(await watch([[start, hello, hello, end]], bounds)).toMatchObject({ passed: [[start, hello, hello, end]] });
    expect(await watch([[start, hello], [hello, hello], [end]], bounds)).toMatchObject(
      refusal(/longer than 10 characters/),
    );
    expect(await watch([[start, items], [items], [end]], bounds)).toMatchObject(refusal(/more than 1 items/));
  });

  it('failure 32: refuses items that say more than the bounds', async () => {
    const bounds = { ...defaultReplyBounds, maxItemCharacters: 60 };
    expect(await watch([[start, items, items, end]], bounds)).not.toHaveProperty('error');
    expect(await watch([[start, items], [items, items], [end]], bounds)).toMatchObject(
      refusal(/items of more than 60 characters/),
    );
  });

  it('failure 32: refuses more suggestions than the bounds, and counts their text as text', async () => {
    const bounds = { ...defaultReplyBounds, maxCharacters: 10, maxSuggestions: 2 };
    const long: ChatEvent = { type: 'suggestions', suggestions: ['x'.repeat(6)] };
    expect(await watch([[start, suggestions, suggestions, end]], bounds)).not.toHaveProperty('error');
    expect(await watch([[start, suggestions], [suggestions, suggestions], [end]], bounds)).toMatchObject(
      refusal(/more than 2 suggestions/),
    );
    expect(await watch([[start, long], [hello], [end]], bounds)).toMatchObject(refusal(/longer than 10 characters/));
  });

  it.each([
    ['typing', typing],
    ['text without a character', { type: 'text-delta', text: '' }],
    ['lists without an item', { type: 'items-found', items: [] }],
    ['lists without a suggestion', { type: 'suggestions', suggestions: [] }],
  ] as const)('failure 32: refuses a stream of %s that has no end', async (_what, event) => {
    async function* endless() {
      yield [start];
      for (;;) yield [event];
    }
    let passed = 0;
    const read = async () => {
      for await (const batch of guardReply(endless())) passed += batch.length;
    };
    await expect(read()).rejects.toMatchObject({
      code: 'upstream-protocol',
      message: 'The reply stream has more than 262144 events',
    });
    expect(passed).toBe(262_144);
  });

  it('closes the stream behind it when nobody reads on', async () => {
    let closed = false;
    async function* stream() {
      try {
        yield [start];
        yield [hello];
      } finally {
        closed = true;
      }
    }
    for await (const _batch of guardReply(stream())) break;
    expect(closed).toBe(true);
  });
});
