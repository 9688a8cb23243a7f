import { type GatewayError, toGatewayError } from '../../errors/index.ts';

/** What of a batch could be decoded, and what stopped it. */
export interface Decoded<Event> {
  readonly events: readonly Event[];
  readonly failure?: GatewayError;
}

/** Decodes a batch. What came before a failure is not lost with it. */
export function decodeEach<Message, Event>(
  batch: readonly Message[],
  decode: (message: Message) => Iterable<Event>,
): Decoded<Event> {
  const events: Event[] = [];
  try {
    for (const message of batch) for (const event of decode(message)) events.push(event);
  } catch (thrown) {
    return { events, failure: toGatewayError(thrown) };
  }
  return { events };
}
