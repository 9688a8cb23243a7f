import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection whose client has sent so many bytes ahead is read no further; what is read at once is 64 KiB more at most. Our choice. */
const maxAheadBytes = 16_384;
/** What is held of one read weighs so much more than its bytes: the network may bring them one by one. */
const readWeight = 512;
/** So many bytes are held of all connections together; who sends ahead beyond that is served no more than the call under way. Our choice. */
const maxHeldBytes = 33_554_432;
/** So many of those that have waited are begun in one turn of the loop. Our choice. */
const mostATurn = 16;

export interface SentAhead {
  /** Its head was read, its body was not. */
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came after its head. */
  readonly rest: Buffer;
  /** The answer that its client has not waited for. */
  readonly before: ServerResponse;
}

export interface Pipelining {
  /**
   * Has a request wait that a client has sent before it had the answer to the one before: all of it goes back to its connection, and is
   * served as one that has just come when that answer has left. Nothing is kept of it but bytes; where there is no room for those, the
   * connection ends with that answer.
   */
  holdBack(sent: SentAhead, whenServed: () => void): void;
}

/** The pipelining of a server; `whenFull` counts a connection for which there is no room. */
export function createPipelining(server: Server, whenFull: () => void): Pipelining {
  const begin = createTurns();
  let heldBytes = 0;

  return {
    holdBack({ request, socket, rest, before }, whenServed) {
      const head = headOf(request);
      const ahead = [head, rest];
      let size = 0;
      const keep = (bytes: number): void => {
        size += bytes;
        heldBytes += bytes;
        if (size >= maxAheadBytes) socket.pause();
      };
      // Node has let go of the connection, as of one that changes to another protocol.
      const listeners = {
        timeout: () => void socket.destroy(),
        drain: () => before.emit('drain'),
        // A client that has left is to be noticed.
        end: () => socket.end(),
        data(bytes: Buffer) {
          ahead.push(bytes);
          keep(bytes.length + readWeight);
        },
      };
      const goOn = (): void => {
        for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
        heldBytes -= size;
        if (socket.destroyed || !socket.writable) return;
        socket.setTimeout(0); // it is not idle, as it was when that answer had left
        socket.pause();
        socket.unshift(Buffer.concat(ahead));
        whenServed();
        server.emit('connection', socket);
        socket.resume();
      };
      for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
      if (heldBytes + head.length + rest.length > maxHeldBytes) {
        whenFull();
        ahead.length = 0;
        socket.pause();
        before.once('close', () => socket.destroySoon());
        return;
      }
      socket.resume();
      keep(head.length + rest.length);
      before.once('close', () => begin(goOn));
    },
  };
}

/**
 * Begins one after the other, a few in each turn of the loop: clients that have sent thousands would otherwise be served to the end
 * before anybody else is heard.
 */
function createTurns(): (begin: () => void) => void {
  const waiting: (() => void)[] = [];
  const takeTurn = (): void => {
    for (const begin of waiting.splice(0, mostATurn)) begin();
    if (waiting.length > 0) setImmediate(takeTurn);
  };
  return (begin) => {
    waiting.push(begin);
    if (waiting.length === 1) setImmediate(takeTurn);
  };
}

/** A request's head as it came: Node has kept names and values as they were. */
function headOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
