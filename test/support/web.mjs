import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { createParser } from 'eventsource-parser';
import WebSocket from 'ws';

/** An answer that is no success. */
export class Refused extends Error {
  constructor(asked, status, body) {
    super(`${asked} was answered ${status}: ${body}`);
    this.status = status;
  }
}

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
    // Whoever reads is told; who leaves before reading is not to end this process.
    for (const side of [request, response]) side.on('error', () => undefined);
    return response.setEncoding('utf8');
  }

  async function read(response) {
    let text = '';
    for await (const piece of response) text += piece;
    return text;
  }

  /** The answer's status and headers, and its body as JSON. */
  async function ask(method, path, options) {
    const response = await begin(method, path, options);
    const text = await read(response);
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  /** An answer that must be a success; throws `Refused` otherwise. */
  async function succeed(method, path, options) {
    const answer = await ask(method, path, options);
    if (answer.status >= 300) throw new Refused(`${method} ${path}`, answer.status, JSON.stringify(answer.body));
    return answer;
  }

  /** The head of a stream that must be a success, and its events, as they come. Whoever stops reading them leaves the stream. */
  async function stream(method, path, options) {
    const response = await begin(method, path, options);
    const { statusCode, headers } = response;
    if (statusCode !== 200) throw new Refused(`${method} ${path}`, statusCode, await read(response));
    return { headers, events: eventsOf(response) };
  }

  return {
    origin,
    ask,

    succeed,

    /** The body of such an answer. */
    async get(method, path, options) {
      return (await succeed(method, path, options)).body;
    },

    async text(path) {
      return read(await begin('GET', path));
    },

    stream,

    /** The data of such a stream's events. */
    async *events(method, path, options) {
      const { events } = await stream(method, path, options);
      for await (const { data } of events) yield data;
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

async function* eventsOf(response) {
  const ready = [];
  const parser = createParser({ onEvent: (event) => ready.push(event) });
  for await (const piece of response) {
    parser.feed(piece);
    yield* ready.splice(0);
  }
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
