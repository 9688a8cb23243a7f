import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { maxBodyBytes } from './read-body.ts';

/** What may wait of one socket, in frames and in bytes; a client that sends more without waiting is cut off. Our choice. */
const maxFrames = 64;
const maxBytes = 4 * maxBodyBytes;

/** The text frames that a client sends, in order, from the moment of this call; ends when the socket closes or the signal aborts. */
export function readFrames(socket: WebSocket, signal: AbortSignal): AsyncIterable<string> {
  const waiting: Buffer[] = [];
  let bytes = 0;
  // Binary frames are read as the text that they may be: the codec says what is wrong with them.
  socket.on('message', (data: Buffer) => {
    if (waiting.length === maxFrames || bytes + data.length > maxBytes) {
      socket.close(1008, 'Too many frames at once');
      return; // a client that goes on sending would fill the memory until the socket is closed
    }
    waiting.push(data);
    bytes += data.length;
  });
  return {
    async *[Symbol.asyncIterator]() {
      while (!signal.aborted) {
        const frame = waiting.shift();
        if (frame === undefined) {
          await once(socket, 'message', { signal }).catch(() => undefined); // aborted: the loop ends
          continue;
        }
        bytes -= frame.length;
        yield frame.toString('utf8');
      }
    },
  };
}
