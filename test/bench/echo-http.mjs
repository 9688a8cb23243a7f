// The least that a JSON service can do: reads a document, writes one.
import { createServer } from 'node:http';
import { reply } from './reply.mjs';

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (piece) => {
    text += piece;
  });
  request.on('end', () => {
    const body = JSON.stringify({ ...reply, heard: JSON.parse(text).message });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`echo listens on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
