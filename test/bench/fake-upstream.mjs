// Two LLM vendors in one process, as cheap as Node can be: bytes made beforehand, on raw sockets. What is replied is set with
// `POST /scenario {"frames":200,"perWrite":8,"gapMs":0}`: that many frames, so many a write, the writes so far apart (0: in
// turns of the event loop).
import { createServer } from 'node:net';
import { createMessageReader } from './http-framing.mjs';
import { repliesTo } from './upstream-replies.mjs';

const empty = (status) => Buffer.from(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
const done = empty('204 No Content');
const unknown = empty('404 Not Found');

let gapMs = 0;
let replies = repliesTo({ frames: 1, perWrite: 1 });

function serve(socket) {
  let path = '';
  let body = [];
  const read = createMessageReader({
    onHead(head) {
      path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
      body = [];
    },
    onBody: (piece) => body.push(piece),
    onEnd: () => answer(socket, path, body.length === 1 ? body[0] : Buffer.concat(body)),
  });
  socket.setNoDelay(true);
  socket.on('data', read);
  socket.on('error', () => undefined); // who leaves, leaves
}

function answer(socket, path, body) {
  if (path === '/scenario') {
    const scenario = JSON.parse(body);
    gapMs = scenario.gapMs;
    replies = repliesTo(scenario);
    socket.write(done);
    return;
  }
  const reply = replies[path.split('?')[0]];
  if (reply === undefined) socket.write(unknown);
  else if (body.includes('"stream":true')) writeAll(socket, reply.stream, 0);
  else socket.write(reply.whole);
}

function writeAll(socket, writes, from) {
  if (socket.destroyed) return;
  socket.write(writes[from]);
  if (from + 1 === writes.length) return;
  if (gapMs === 0) setImmediate(writeAll, socket, writes, from + 1);
  else setTimeout(writeAll, gapMs, socket, writes, from + 1);
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => console.log(`upstream listens on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
