import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection whose client has sent so many bytes ahead is read no further; what is read at once is 64 KiB more at most. Our choice. */
const maxAheadBytes = 16_384;

export interface SentAhead {
  /** Its head was read, its body was not. */
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came after its head. */
  readonly rest: Buffer;
  /** The answer that its client has not waited for. */
  readonly before: ServerResponse;
}

/**
 * Has a request wait that a client has sent before it had the answer to the one before: all of it goes back to its connection, and is
 * served as one that has just come when that answer has left. Nothing is kept of it but bytes.
 */
export function holdBack(server: Server, { request, socket, rest, before }: SentAhead, whenServed: () => void): void {
  const ahead = [headOf(request), rest];
  let size = rest.length;
  const leave = (): void => void socket.destroy();
  // Node has let go of the connection, as of one that changes to another protocol.
  const listeners = {
    error: leave,
    timeout: leave,
    drain: () => before.emit('drain'),
    // A client that has left is to be noticed.
    end: () => socket.end(),
    data(bytes: Buffer) {
      ahead.push(bytes);
      size += bytes.length;
      if (size >= maxAheadBytes) socket.pause();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
  if (size >= maxAheadBytes) socket.pause();
  else socket.resume();
  before.once('close', () => {
    for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
    if (socket.destroyed || !socket.writable) return;
    socket.setTimeout(0); // it is not idle, as it was when that answer had left
    socket.pause();
    for (const bytes of ahead.reverse()) if (bytes.length > 0) socket.unshift(bytes);
    whenServed();
    server.emit('connection', socket);
    socket.resume();
  });
}

/** A request's head as it came: Node has kept names and values as they were. */
function headOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
