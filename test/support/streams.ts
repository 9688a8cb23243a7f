import type { EventCodec, Exchange } from '../../src/dialects/dialect.ts';
import type { GatewayError } from '../../src/errors/index.ts';
import { toGatewayError } from '../../src/errors/index.ts';
import { createSseParser, frame, type SseMessage } from '../../src/sse/index.ts';

/** What a stream came to: its events, and the error that ended it, if one did. */
export interface Outcome<Event> {
  readonly events: readonly Event[];
  readonly error?: GatewayError;
}

/** The events as the messages of a stream. */
export function encodeEvents<Event>(
  codec: EventCodec<Event>,
  events: readonly Event[],
  exchange: Exchange,
): readonly SseMessage[] {
  const encode = codec.encoder(exchange);
  return events.flatMap((event) => [...encode(event)]);
}

/** What a dialect's client makes of the messages of a stream. */
export function decodeMessages<Event>(
  codec: EventCodec<Event>,
  messages: readonly SseMessage[],
  exchange: Exchange,
): Outcome<Event> {
  const decode = codec.decoder(exchange);
  const events: Event[] = [];
  try {
    for (const message of messages) for (const event of decode(message)) events.push(event);
    return { events };
  } catch (thrown) {
    return { events, error: toGatewayError(thrown) };
  }
}

/** The bytes of a stream. */
export function toBytes(messages: readonly SseMessage[]): Uint8Array {
  return new TextEncoder().encode(messages.map(frame).join(''));
}

/** The messages in the bytes of a stream, however they come in pieces. */
export function parseAll(pieces: Iterable<Uint8Array>): readonly SseMessage[] {
  const parser = createSseParser();
  const messages: SseMessage[] = [];
  for (const piece of pieces) messages.push(...parser.push(piece));
  return [...messages, ...parser.end()];
}
