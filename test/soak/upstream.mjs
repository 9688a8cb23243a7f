// An upstream in a process of its own, which streams as it is asked to by the message itself: in agent-slug's frames or, at
// `/v1/chat/completions`, in a vendor's. Tells its parent on demand how many connections are open, and how much of endless
// replies it could write.
import { createServer } from 'node:http';
import { text as readText } from 'node:stream/consumers';

const words = 20;
const data = (json) => `data: ${JSON.stringify(json)}\n\n`;

/** How each of the two says a word, and that it is done. */
const manners = {
  agent: { word: (chunk) => data({ chunk }), end: 'data: [DONE]\n\n' },
  vendor: {
    word: (content) => data({ model: 'model-1', choices: [{ index: 0, delta: { content } }] }),
    end: `${data({ model: 'model-1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`,
  },
};

/** What becomes of a reply, by the last words of the message. */
const fates = {
  whole: (response, manner) => speak(response, manner, words, () => response.end(manner.end)),
  endless: goOn,
  reset: (response, manner) => speak(response, manner, 3, () => response.destroy()),
  short: (response, manner) => speak(response, manner, 3, () => response.end()),
  silent: () => undefined,
  refused: (response) => response.writeHead(500).end(),
  flood: (response, manner) => flood(response, manner.word('\u0001'.repeat(500))),
};

function speak(response, manner, left, whenOver) {
  if (response.destroyed) return;
  if (left === 0) {
    whenOver();
    return;
  }
  response.write(manner.word('word '));
  setImmediate(speak, response, manner, left - 1, whenOver);
}

/** A word now and then, for ever. */
function goOn(response, { word }) {
  response.write(word('word '));
  const timer = setInterval(() => response.write(word('word ')), 5);
  response.once('close', () => clearInterval(timer));
}

let flooded = 0;
function flood(response, wire) {
  let goesOn = true;
  while (goesOn && !response.destroyed) {
    flooded += wire.length;
    goesOn = response.write(wire);
  }
  response.once('drain', () => flood(response, wire));
}

const sockets = new Set();
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  response.on('error', () => undefined); // who leaves, leaves
  readText(request).then(
    (body) => {
      const { message, messages } = JSON.parse(body);
      const manner = message === undefined ? manners.vendor : manners.agent;
      // What a visitor said before and was not answered to stands before it.
      const [, fate] = /(\w+) please$/.exec(message ?? messages.at(-1).content);
      if (fate !== 'silent' && fate !== 'refused') response.writeHead(200, { 'content-type': 'text/event-stream' });
      fates[fate](response, manner);
    },
    () => undefined,
  );
});
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
});
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on('message', () => process.send({ open: sockets.size, flooded }));
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
