import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, type FeedEntry, foldReply, type Reply } from '../../src/canonical/index.ts';
import type { Dialect, EventCodec, Exchange } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import type { SseMessage } from '../../src/sse/index.ts';
import { chunking, reply } from '../support/arbitraries.ts';
import { feed } from '../support/feed.ts';
import { documentedExchange } from '../support/golden.ts';
import { guardReply } from '../support/guard-reply.ts';
import { decodeMessages, encodeEvents, parseAll, toBytes } from '../support/streams.ts';
import { streamGaps } from './narrowings.ts';
import { feedStreamsOf, replyStreamsOf, surfacesOf } from './surface.ts';
import { terminatorOf } from './terminator.ts';

/** Law 3: a stream that went out and came in again folds to the same reply, less what it does not carry. */
describe.each(dialects.filter((dialect) => replyStreamsOf(dialect).length > 0))(
  'a reply streamed in $name',
  (dialect) => {
    const exchange = documentedExchange(dialect);
    const carried = carriedInStreams(dialect);

    describe.each(replyStreamsOf(dialect))('$base', ({ events: codec, schema }) => {
      const streams = reply(exchange).chain((whole) => fc.tuple(fc.constant(whole), chunking(whole)));

      it('is made of messages that the schema takes', () => {
        fc.assert(
          fc.property(streams, ([, events]) => {
            const messages = encodeEvents(codec, events, exchange);
            expectKnown(
              messages.filter(({ data }) => data !== terminatorOf(codec, exchange)),
              schema,
            );
          }),
        );
      });

      it('folds to the same reply, however it was chunked', async () => {
        await fc.assert(
          fc.asyncProperty(streams, async ([whole, events]) => {
            const messages = parseAll([toBytes(encodeEvents(codec, events, exchange))]);
            const heard = decodeMessages(codec, messages, openedBy(codec, exchange));
            expect(heard.error).toBeUndefined();
            const folded = await foldReply(guardReply(batches(heard.events)), whole.createdAt);
            expect(only(folded, carried)).toEqual(only(whole, carried));
          }),
        );
      });

      it('never ends early: without its last message it is no reply', async () => {
        await fc.assert(
          fc.asyncProperty(streams, async ([whole, events]) => {
            const messages = encodeEvents(codec, events, exchange).slice(0, -1);
            const heard = decodeMessages(codec, messages, exchange);
            await expect(foldReply(guardReply(batches(heard.events)), whole.createdAt)).rejects.toMatchObject({
              code: 'upstream-protocol',
            });
          }),
        );
      });
    });
  },
);

describe.each(dialects.filter((dialect) => feedStreamsOf(dialect).length > 0))(
  'a conversation followed in $name',
  (dialect) => {
    const exchange = documentedExchange(dialect);

    describe.each(feedStreamsOf(dialect))('$base', ({ events: codec, schema }) => {
      const feeds = feed(dialect, exchange);

      it('is made of messages that the schema takes', () => {
        fc.assert(fc.property(feeds, (entries) => expectKnown(encodeEvents(codec, entries, exchange), schema)));
      });

      it('comes back with every answer, whole and as it grew', () => {
        fc.assert(
          fc.property(feeds, (entries) => {
            const messages = parseAll([toBytes(encodeEvents(codec, entries, exchange))]);
            const heard = decodeMessages(codec, messages, exchange);
            expect(heard.error).toBeUndefined();
            expect(answersIn(heard.events)).toEqual(answersIn(entries));
            expect(inOrder(grownIn(entries), grownIn(heard.events))).toBe(true);
          }),
        );
      });

      it('loses nothing that is on the wire', () => {
        fc.assert(
          fc.property(feeds, (entries) => {
            const messages = encodeEvents(codec, entries, exchange);
            const heard = decodeMessages(codec, messages, exchange);
            const again = encodeEvents(codec, heard.events, exchange);
            expect(again.map(({ data }) => data)).toEqual(messages.map(({ data }) => data));
          }),
        );
      });
    });
  },
);

/** Fields of a reply that the dialect's streams carry. */
function carriedInStreams(dialect: Dialect): readonly string[] {
  const gaps = streamGaps.filter((gap) => gap.dialect === dialect.name).map(({ field }) => field);
  return surfacesOf(dialect)
    .filter(({ operation }) => operation === 'send-message')
    .flatMap(({ carries }) => carries)
    .filter((field) => field.startsWith('output.') && !gaps.includes(field))
    .map((field) => field.slice('output.'.length));
}

/** What a client knows once the stream is open: the ids that its opening carries, or those that it came with. */
function openedBy<Event>(codec: EventCodec<Event>, exchange: Exchange): Exchange {
  if (codec.opening === undefined) return exchange;
  const { replyId, receivedAt } = exchange;
  return { replyId, receivedAt, ...codec.opening.decode(codec.opening.encode(exchange, exchange), exchange) };
}

function expectKnown(messages: readonly SseMessage[], schema: string): void {
  for (const { data } of messages) expect(schemaGuard(schema).violations(JSON.parse(data))).toEqual([]);
}

async function* batches(events: readonly ChatEvent[]): AsyncGenerator<readonly ChatEvent[], void, void> {
  yield events;
}

const only = (whole: Reply, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(whole).filter(([field]) => fields.includes(field)));

const answersIn = (entries: readonly FeedEntry[]) =>
  entries.flatMap(({ event }) =>
    event.type === 'message' && event.message.role !== 'visitor' ? [event.message.text] : [],
  );

/** The text of each reply as it grew, in the order of their beginnings. */
function grownIn(entries: readonly FeedEntry[]): readonly string[] {
  const texts = new Map<string, string>();
  for (const { event } of entries) {
    if (event.type !== 'reply-progress' || event.progress.type !== 'text-delta') continue;
    texts.set(event.replyId, (texts.get(event.replyId) ?? '') + event.progress.text);
  }
  return [...texts.values()];
}

/** Whether all of these are among those, in their order: a follower may also be shown late what it did not see grow. */
function inOrder(these: readonly string[], those: readonly string[]): boolean {
  const rest = [...those];
  return these.every((text) => {
    const at = rest.indexOf(text);
    rest.splice(0, at + 1);
    return at >= 0;
  });
}
