import { once } from 'node:events';
import type { RawData, WebSocket } from 'ws';

/** Frames of one socket that wait; a client that sends more without waiting is cut off. Our choice. */
const maxWaiting = 64;

/** The text frames that a client sends, in order, from the moment of this call; ends when the socket closes or the signal aborts. */
export function readFrames(socket: WebSocket, signal: AbortSignal): AsyncIterable<string> {
  const waiting: string[] = [];
  socket.on('message', (data: RawData, isBinary: boolean) => {
    // Binary frames are read as the text that they may be: the codec says what is wrong with them.
    waiting.push(isBinary ? Buffer.from(data as Buffer).toString('utf8') : (data as Buffer).toString('utf8')); // ws gives a Buffer (binaryType nodebuffer)
    if (waiting.length > maxWaiting) socket.close(1008, 'Too many frames at once');
  });
  return {
    async *[Symbol.asyncIterator]() {
      while (!signal.aborted) {
        const frame = waiting.shift();
        if (frame !== undefined) yield frame;
        else await once(socket, 'message', { signal }).catch(() => undefined); // aborted: the loop ends
      }
    },
  };
}
