import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
import { GatewayError } from '../errors/index.ts';
import type { SseMessage } from './frame.ts';

/** No frame may be longer than this, in characters. */
export const maxFrameLength = 1_048_576;

/** So many lines of a stream may be no fields of an event: each costs as much as an event. Our choice. */
const maxOddLines = 10_000;

export interface SseParser {
  /** The messages that these bytes complete. Bytes may be cut anywhere, also inside a character. Throws `upstream-protocol` on a frame over 1 MiB, or many lines that are none. */
  push(bytes: Uint8Array): readonly SseMessage[];
  /** The messages that the end of the stream completes: one whose last blank line is missing. */
  end(): readonly SseMessage[];
}

/** Reads one server-sent event stream by the WHATWG rules: LF, CRLF or CR, a BOM, comments. */
export function createSseParser(): SseParser {
  const text = new TextDecoder('utf-8');
  let found: SseMessage[] = [];
  let oddLines = 0;
  const parser = createParser({
    onEvent: (message) => found.push(toMessage(message)),
    maxBufferSize: maxFrameLength,
    onError(error) {
      oddLines += 1;
      if (oddLines > maxOddLines) {
        throw new GatewayError('upstream-protocol', 'The stream has too many lines that are no fields of an event');
      }
      if (error.type === 'unknown-field') found.push(...strayFailure(error));
      if (error.type === 'max-buffer-size-exceeded') {
        throw new GatewayError('upstream-protocol', `An event is longer than ${maxFrameLength} characters`, {
          cause: error,
        });
      }
    },
  });
  const take = () => {
    const messages = found;
    found = [];
    return messages;
  };
  return {
    push(bytes) {
      parser.feed(text.decode(bytes, { stream: true }));
      return take();
    },
    end() {
      parser.feed(`${text.decode()}\n\n`);
      return take();
    },
  };
}

/** Fields that are none are passed over, but for a failure: some servers tell theirs in a field of that name, or as a line of bare JSON. */
function strayFailure({ field, value, line = '' }: ParseError): readonly SseMessage[] {
  if (field === 'error' && value !== undefined) return [{ event: 'error', data: value }];
  return line.startsWith('{') && line.includes('"error"') ? [{ event: 'error', data: line }] : [];
}

/** Written out: this is done for every frame of every stream. */
function toMessage({ event, id, data }: EventSourceMessage): SseMessage {
  if (event === undefined) return id === undefined ? { data } : { id, data };
  return id === undefined ? { event, data } : { event, id, data };
}
