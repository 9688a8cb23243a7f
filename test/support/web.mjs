import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { createParser } from 'eventsource-parser';
import WebSocket from 'ws';

/** A frugal HTTP client for load: kept-alive connections to one place, nothing retried. */
export function createWeb(origin) {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(origin);

  async function begin(method, path, { headers = {}, json, signal } = {}) {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const own =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = httpRequest({ hostname, port, method, path, agent, headers: { ...own, ...headers }, signal });
    request.end(body);
    const [response] = await once(request, 'response');
    return response.setEncoding('utf8');
  }

  async function read(response) {
    let text = '';
    for await (const piece of response) text += piece;
    return text;
  }

  /** The answer's status, and its body as JSON. */
  async function ask(method, path, options) {
    const response = await begin(method, path, options);
    const text = await read(response);
    return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }

  return {
    origin,
    ask,

    /** The body of an answer that must be a success; throws what was answered otherwise. */
    async get(method, path, options) {
      const { status, body } = await ask(method, path, options);
      if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
      return body;
    },

    async text(path) {
      return read(await begin('GET', path));
    },

    /** The data of a stream's events, as they come. Whoever stops reading leaves the stream. */
    async *events(method, path, options) {
      const response = await begin(method, path, options);
      if (response.statusCode !== 200)
        throw new Error(`${path} was answered ${response.statusCode}: ${await read(response)}`);
      const ready = [];
      const parser = createParser({ onEvent: ({ data }) => ready.push(data) });
      for await (const piece of response) {
        parser.feed(piece);
        yield* ready.splice(0);
      }
    },

    /** An open socket; its frames wait in `next()`, which rejects when it closes. */
    async socket(path) {
      const socket = new WebSocket(`ws://${hostname}:${port}${path}`, { perMessageDeflate: false });
      const frames = frameQueue(socket);
      await once(socket, 'open');
      return { socket, next: frames, send: (frame) => socket.send(JSON.stringify(frame)) };
    },

    close: () => agent.destroy(),
  };
}

function frameQueue(socket) {
  const ready = [];
  let waiting;
  let failure;
  const settle = () => {
    if (waiting === undefined) return;
    if (ready.length > 0) waiting.resolve(ready.shift());
    else if (failure !== undefined) waiting.reject(failure);
    else return;
    waiting = undefined;
  };
  socket.on('message', (data) => {
    ready.push(JSON.parse(data.toString()));
    settle();
  });
  socket.on('error', () => undefined); // its close says the same
  socket.on('close', (code) => {
    failure = new Error(`The socket closed with ${code}`);
    settle();
  });
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      settle();
    });
}
