import type { Socket } from 'node:net';
import type { EventCodec } from '../../dialects/dialect.ts';
import type { GatewayError } from '../../errors/index.ts';
import { frame } from '../../sse/index.ts';
import type { HttpCall } from '../http-call.ts';

/** What an event stream's codec says of failures, whatever its events are. */
export type FailureCodec = Pick<EventCodec<never>, 'failure'>;

/** How far back the end of an event is looked for, in bytes. Our choice. */
const tailBytes = 4_096;

/** What an origin's event stream has sent last: no more of it is kept than two pieces as they came. */
export interface StreamTail {
  sent(bytes: Buffer): void;
  /** Whether the next byte would begin an event: after an empty line, or after that and comments. */
  standsBetweenEvents(): boolean;
}

export function createStreamTail(): StreamTail {
  let before: Buffer | undefined;
  let last: Buffer | undefined;
  let isShort = true;
  return {
    sent(bytes) {
      isShort &&= before === undefined;
      before = last;
      last = bytes;
    },
    standsBetweenEvents() {
      const bytes = Buffer.concat([before ?? Buffer.alloc(0), last ?? Buffer.alloc(0)]);
      const lines = bytes
        .subarray(-tailBytes)
        .toString('latin1')
        .split(/\r\n|\r|\n/);
      const isStart = isShort && bytes.length <= tailBytes;
      const unfinished = lines.pop();
      while (lines.at(-1)?.startsWith(':') === true && (lines.length > 1 || isStart)) lines.pop();
      if (unfinished !== '') return false;
      // The first of several pieces may be the end of a line that began before them.
      return lines.length === 0 ? isStart : lines.at(-1) === '' && (lines.length > 1 || isStart);
    },
  };
}

/** Ends a stream with an error as the dialect says it; nothing more may be written to it then. */
export function endStream({ response, exchange }: HttpCall, codec: FailureCodec, error: GatewayError): void {
  response.end([...codec.failure(error, exchange)].map((message) => frame(message)).join(''));
}

/** Where the frames end that a server sends on a WebSocket. */
export interface FrameEnds {
  sent(bytes: Buffer): void;
  standsBetweenFrames(): boolean;
}

/** Follows a socket from its first byte. */
export function createFrameEnds(): FrameEnds {
  /** Bytes that the frame lacks. */
  let left = 0;
  /** A head that is not whole. */
  let begun: Buffer | undefined;
  return {
    sent(bytes) {
      if (begun === undefined && left >= bytes.length) {
        left -= bytes.length;
        return;
      }
      const all = begun === undefined ? bytes : Buffer.concat([begun, bytes]);
      begun = undefined;
      let at = left;
      while (at < all.length) {
        const length = frameLength(all, at);
        if (length === undefined) {
          begun = all.subarray(at);
          left = 0;
          return;
        }
        at += length;
      }
      left = at - all.length;
    },
    standsBetweenFrames: () => left === 0 && begun === undefined,
  };
}

/** Of the frame that begins there, with its head; `undefined` while that is not whole (RFC 6455, 5.2). */
function frameLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 2) return undefined;
  const second = bytes.readUInt8(at + 1);
  const mask = second >= 0x80 ? 4 : 0;
  const short = second % 0x80;
  if (short < 126) return 2 + mask + short;
  if (short === 126) return bytes.length < at + 4 ? undefined : 4 + mask + bytes.readUInt16BE(at + 2);
  return bytes.length < at + 10
    ? undefined
    : 10 + mask + bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
}

/** How long a client has to close its side, in milliseconds. Our choice. */
const closingMs = 2_000;

/** Closes a WebSocket that stands between two frames, as its server would. */
export function closeWebSocket(socket: Socket, code: number): void {
  socket.end(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
  // What the client still says is taken: bytes that are left unread would break the connection before it has read this.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), closingMs);
  socket.once('close', () => clearTimeout(timer));
}
