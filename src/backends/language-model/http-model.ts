import { GatewayError, toGatewayError } from '../../errors/index.ts';
import type { Origin, OriginAnswer } from '../../network/index.ts';
import type { SseMessage } from '../../sse/index.ts';
import type { LanguageModel, ModelEvent, ModelRequest } from './model.ts';
import { refusalOf } from './vendor-failures.ts';

/** Reads one stream of a vendor's. */
export interface StreamDecoder {
  /** Adds what a message says to `events`; true if it is the end mark. */
  read(message: SseMessage, events: ModelEvent[]): boolean;
  /** What the end of the connection adds where no end mark came. Throws `upstream-protocol` if that is no end. */
  finish(): readonly ModelEvent[];
}

/** How a vendor is asked, as data and pure functions. */
export interface VendorProtocol {
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  encode(request: ModelRequest): object;
  decodeDocument(document: unknown): readonly ModelEvent[];
  createDecoder(): StreamDecoder;
}

export interface HttpModelOptions {
  readonly origin: Origin;
  readonly protocol: VendorProtocol;
  /** Sent with every request; they stand in for the vendor's own. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A vendor's model behind HTTP. */
export function createHttpModel({ origin, protocol, headers: configured }: HttpModelOptions): LanguageModel {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...protocol.headers,
    ...Object.fromEntries(Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value])),
  };
  const { path } = protocol;
  return {
    // One generator for it all: each one more would cost every frame of a stream a turn of its own.
    async *ask(request, signal) {
      const body = JSON.stringify(protocol.encode(request));
      const answer = await origin.send({ method: 'POST', path, headers, body }, signal);
      let hasEnded = false;
      try {
        if (answer.status !== 200) throw await refusalOf(answer);
        if (!isStream(answer, request)) {
          yield protocol.decodeDocument(await answer.document());
          return;
        }
        const decoder = protocol.createDecoder();
        for await (const batch of answer.messages()) {
          const { events, ended, failure } = readBatch(batch, decoder);
          hasEnded = ended;
          if (events.length > 0) yield events;
          if (failure !== undefined) throw failure;
          if (ended) return; // what follows the end mark takes nothing from the answer
        }
        yield decoder.finish();
      } catch (thrown) {
        // An abort is known by its signal: what was being read then says little.
        signal.throwIfAborted();
        throw thrown;
      } finally {
        if (hasEnded) answer.release();
        else answer.discard();
      }
    },
    close: () => origin.close(),
  };
}

/** A server may have one way of answering only, whatever it is asked for. */
function isStream({ headers }: OriginAnswer, { delivery }: ModelRequest): boolean {
  const type = headers['content-type'] ?? '';
  if (type.startsWith('text/event-stream')) return true;
  return delivery === 'stream' && !type.startsWith('application/json');
}

/** What was said before a frame that cannot be read is passed on, whatever came with it in one read. */
function readBatch(batch: readonly SseMessage[], decoder: StreamDecoder) {
  const events: ModelEvent[] = [];
  try {
    return { events, ended: batch.some((message) => decoder.read(message, events)) };
  } catch (thrown) {
    return { events, ended: false, failure: toGatewayError(thrown) };
  }
}

/** What stopped without an end. */
export function cutOff(): GatewayError {
  return new GatewayError('upstream-protocol', 'The model stopped in the middle of its answer');
}
