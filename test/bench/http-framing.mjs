const headEnd = Buffer.from('\r\n\r\n');
const nothing = Buffer.alloc(0);

/**
 * Reads HTTP/1.1 messages from the pieces of a connection, as cheaply as a load generator must: a length or chunks, no
 * trailers, and no answer that ends with its connection.
 */
export function createMessageReader({ onHead, onBody, onEnd }) {
  let state = 'head';
  let left = 0;
  let rest = nothing;

  const steps = {
    head(buffer, at) {
      const end = buffer.indexOf(headEnd, at);
      if (end === -1) return undefined;
      const head = buffer.latin1Slice(at, end + 2);
      onHead(head);
      left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (/\r\ntransfer-encoding: *chunked/i.test(head)) state = 'size';
      else if (left > 0) state = 'body';
      else onEnd();
      return end + 4;
    },
    body: (buffer, at) =>
      take(buffer, at, () => {
        state = 'head';
        onEnd();
      }),
    size(buffer, at) {
      const end = buffer.indexOf('\r\n', at, 'latin1');
      if (end === -1) return undefined;
      left = Number.parseInt(buffer.latin1Slice(at, end), 16);
      state = left === 0 ? 'last' : 'chunk';
      return end + 2;
    },
    chunk: (buffer, at) =>
      take(buffer, at, () => {
        state = 'gap';
      }),
    gap(buffer, at) {
      if (buffer.length - at < 2) return undefined;
      state = 'size';
      return at + 2;
    },
    last(buffer, at) {
      if (buffer.length - at < 2) return undefined;
      state = 'head';
      onEnd();
      return at + 2;
    },
  };

  function take(buffer, at, whenComplete) {
    const end = Math.min(buffer.length, at + left);
    if (end === at) return undefined;
    left -= end - at;
    onBody(buffer.subarray(at, end));
    if (left === 0) whenComplete();
    return end;
  }

  return (piece) => {
    const buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    for (let next = 0; next !== undefined; ) {
      at = next;
      next = at < buffer.length ? steps[state](buffer, at) : undefined;
    }
    rest = buffer.subarray(at);
  };
}
