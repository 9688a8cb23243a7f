import { once } from 'node:events';
import { connect } from 'node:net';
import { createMessageReader } from './http-framing.mjs';
import { word } from './upstream-replies.mjs';

/** The bytes of a POST with a JSON document. */
export function post(path, headers, document) {
  const body = JSON.stringify(document);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (
    `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n${lines.join('')}` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** The bytes of a GET. */
export function get(path, headers) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nhost: bench\r\n${lines.join('')}\r\n`;
}

/**
 * One kept-alive connection, for one request at a time. `ask(bytes)` gives the answer's `status`, `text` (both of them to be looked
 * at by who asked), `firstAt`, the time when the first of the reply was there, and `reads`, in how many pieces it came. For an answer
 * that has no end, `onBegun` is told its status and `onText` the pieces of its body as they come.
 */
export async function openConnection(origin) {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let asked;
  const fail = (failure) => {
    asked?.reject(failure);
    asked = undefined;
  };
  const read = createMessageReader({
    onHead(head) {
      asked.status = Number(head.slice(9, 12));
      asked.onBegun?.(asked.status);
    },
    onBody(piece) {
      asked.firstAt ??= piece.includes(word) ? performance.now() : undefined;
      if (asked.onText === undefined) asked.pieces.push(piece);
      else asked.onText(piece.latin1Slice());
    },
    onEnd() {
      const { resolve, pieces, status, firstAt, reads } = asked;
      asked = undefined;
      resolve({ status, text: Buffer.concat(pieces).latin1Slice(), firstAt, reads });
    },
  });
  socket.on('data', (piece) => {
    if (asked !== undefined) asked.reads += 1;
    read(piece);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The connection was closed in the middle of an answer')));
  await once(socket, 'connect');
  return {
    ask(bytes, { onBegun, onText } = {}) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('The connection is closed'));
        asked = { resolve, reject, onBegun, onText, pieces: [], reads: 0, status: 0, firstAt: undefined };
        socket.write(bytes);
      });
    },
    close() {
      asked = undefined;
      socket.destroy();
    },
  };
}
