import { describe, expect, it } from 'vitest';
import { type ChatEvent, unfoldReply } from '../../src/canonical/index.ts';
import type { EventCodec, Exchange } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { heartbeat, type SseMessage } from '../../src/sse/index.ts';
import { documentedExchange, readGoldenStreams } from '../support/golden.ts';
import { guardReply } from '../support/guard-reply.ts';
import { decodeMessages, encodeEvents, parseAll, toBytes } from '../support/streams.ts';
import { crumble, cutEverywhere } from '../support/wire.ts';
import { failuresWithoutEnd } from './narrowings.ts';
import { feedStreamsOf, replyStreamsOf } from './surface.ts';
import { terminatorOf } from './terminator.ts';

const encoder = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Text in which every character is one to four bytes, and some look like framing. */
const awkward = 'Größe L: 59,90 €\n\ndata: [DONE]\r\n日本語 👩‍👩‍👧 \u2028 : ping';

/** Every stream of bytes that the laws know: the golden ones, and one of awkward text for each codec. */
const streams = dialects.flatMap((dialect) => {
  const exchange = documentedExchange(dialect);
  const golden = readGoldenStreams(dialect)
    .filter(({ kind }) => kind === 'stream')
    .map(({ file, bytes }) => ({ name: `${dialect.name}/${file}`, bytes }));
  const made = replyStreamsOf(dialect).map(({ base, events }) => ({
    name: `${dialect.name} ${base} of awkward text`,
    bytes: toBytes(encodeEvents(events, awkwardReply(exchange), exchange)),
  }));
  return [...golden, ...made];
});

function awkwardReply({ replyId, receivedAt }: Exchange): readonly ChatEvent[] {
  const whole = { id: replyId, text: awkward, items: [], suggestions: [], createdAt: receivedAt };
  return unfoldReply({ ...whole, finishReason: 'stop' });
}

const framings: Readonly<Record<string, (stream: string) => string>> = {
  LF: (stream) => stream,
  CRLF: (stream) => stream.replaceAll('\n', '\r\n'),
  CR: (stream) => stream.replaceAll('\n', '\r'),
  'LF and a BOM': (stream) => `\ufeff${stream}`,
  'LF without the space after the colon': (stream) => stream.replaceAll(/^(data|id): /gm, '$1:'),
  'LF with a comment before each event': (stream) => stream.replaceAll(/^(?=data: |id: )/gm, ': ping: a\n'),
  'LF with heartbeats between events': (stream) => stream.replaceAll('\n\n', `\n\n${heartbeat}`),
  'LF without the last blank line': (stream) => stream.replace(/\n+$/, ''),
};

/** Law 4: a byte stream cut anywhere, framed in any of the ways of the standard, gives the same messages. */
describe.each(streams)('$name', ({ bytes }) => {
  const whole = parseAll([bytes]);

  it('has messages', () => {
    expect(whole.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(framings))('failures 1 to 7: says the same with %s, cut at every byte', (_name, framing) => {
    const framed = encoder.encode(framing(text(bytes)));
    for (const pieces of cutEverywhere(framed)) expect(parseAll(pieces)).toEqual(whole);
    expect(parseAll(crumble(framed))).toEqual(whole);
  });
});

/** How the golden streams of broken input end; the others are whole, or tell a failure in the dialect's own way. */
const broken: Readonly<Record<string, string>> = {
  truncated: 'upstream-protocol',
  'not-json': 'upstream-protocol',
  'other-shape': 'upstream-protocol',
};

/** Law 1 for streams: documented streams decode, and encode again to themselves. */
describe.each(dialects.filter((dialect) => readGoldenStreams(dialect).length > 0))(
  'the documented streams of $name',
  (dialect) => {
    const exchange = documentedExchange(dialect);
    const golden = (streams: readonly { readonly base: string }[]) =>
      readGoldenStreams(dialect)
        .filter(({ base, kind }) => kind !== 'inbound' && streams.some((stream) => stream.base === base))
        .map((stream) => [stream.file, stream] as const);
    const replies = replyStreamsOf(dialect);
    const feeds = feedStreamsOf(dialect);

    it.each(golden(replies))('%s', async (_file, { base, name, kind, bytes }) => {
      const codec = codecOf(replies, base);
      const messages = messagesIn(kind, bytes);
      const { events, error } = decodeMessages(codec, messages, exchange);
      const code = error?.code ?? (await errorOf(events));
      const failure = messages.findIndex(({ data }) => tellsFailure(codec, data, exchange));
      expect(code).toBe(broken[name] ?? (failure < 0 ? undefined : 'upstream-failed'));
      if (broken[name] === undefined) {
        expect(dataOf(encodeEvents(codec, events, exchange))).toEqual(
          dataOf(messages.slice(0, failure < 0 ? undefined : failure)),
        );
      }
      const terminator = terminatorOf(codec, exchange);
      const ends = broken[name] === undefined && !(failure >= 0 && failuresWithoutEnd.has(dialect.name));
      if (ends && terminator !== undefined) expect(messages.at(-1)?.data).toBe(terminator);
    });

    it.each(golden(feeds))('%s', (_file, { base, kind, bytes }) => {
      const codec = codecOf(feeds, base);
      const messages = messagesIn(kind, bytes);
      const { events, error } = decodeMessages(codec, messages, exchange);
      const told = error === undefined ? messages : messages.slice(0, -1); // an error is the last thing that is told
      expect([undefined, 'upstream-failed', 'upstream-rejected']).toContain(error?.code);
      expect(dataOf(encodeEvents(codec, events, exchange))).toEqual(dataOf(told));
    });
  },
);

function codecOf<Event>(
  streams: readonly { readonly base: string; readonly events: EventCodec<Event> }[],
  base: string,
) {
  const stream = streams.find((one) => one.base === base);
  if (stream === undefined) throw new Error(`no stream is called ${base}`);
  return stream.events;
}

const messagesIn = (kind: string, bytes: Uint8Array): readonly SseMessage[] =>
  kind === 'stream'
    ? parseAll([bytes])
    : text(bytes)
        .split('\n')
        .filter((line) => line !== '')
        .map((data) => ({ data }));

/** The content of messages, however its JSON is spaced. */
const dataOf = (messages: readonly SseMessage[]) =>
  messages.map(({ data }): unknown => (data.startsWith('{') ? JSON.parse(data) : data));

const tellsFailure = (codec: EventCodec<ChatEvent>, data: string, exchange: Exchange) =>
  decodeMessages(codec, [{ data }], exchange).error?.code === 'upstream-failed';

async function errorOf(events: readonly ChatEvent[]): Promise<unknown> {
  async function* stream() {
    yield events;
  }
  try {
    for await (const _batch of guardReply(stream()));
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? thrown.code : thrown;
  }
}
