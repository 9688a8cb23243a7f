import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/** A request that a test answers by hand, byte by byte. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON. */
  readonly json: any;
  /** The status line and the headers; 200 and `text/event-stream` if bytes are written without. */
  head(status: number, headers?: Readonly<Record<string, string>>): void;
  write(bytes: string | Uint8Array): void;
  /** The end of the response, in good order. */
  end(bytes?: string | Uint8Array): void;
  /** A whole response. */
  answer(status: number, document: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Bytes past all HTTP: what is no response. */
  writeToSocket(bytes: string | Uint8Array): void;
  /** Breaks the connection off. */
  destroy(): void;
  /** How it ended: `whole` after `end`, `broken` if the connection went before. */
  readonly closed: Promise<'whole' | 'broken'>;
}

export interface RawServer {
  /** `http://127.0.0.1:43210` */
  readonly url: string;
  /** Every request that has come in. */
  readonly requests: readonly RawRequest[];
  /** The next request that nobody has taken yet, as soon as it is there. */
  next(): Promise<RawRequest>;
  /** How many connections are open. */
  connections(): number;
  /** How many have been opened in all. */
  accepted(): number;
  close(): Promise<void>;
}

/** A server on loopback that says nothing by itself: a test takes each request and answers it. */
export async function createRawServer(): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const waiting: ((request: RawRequest) => void)[] = [];
  const sockets = new Set<Socket>();
  let taken = 0;
  let accepted = 0;
  const server = createServer((request, response) => {
    // What the client breaks off is told by `closed`.
    readText(request).then(
      (body) => {
        const { method = '', url: path = '', headers } = request;
        const raw = toRawRequest({ method, path, headers, body }, response);
        requests.push(raw);
        waiting.shift()?.(raw);
      },
      () => undefined,
    );
  });
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    next() {
      const ready = requests[taken];
      taken += 1;
      return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready);
    },
    connections: () => sockets.size,
    accepted: () => accepted,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type Asked = Pick<RawRequest, 'method' | 'path' | 'headers' | 'body'>;

function toRawRequest(asked: Asked, response: ServerResponse): RawRequest {
  response.on('error', () => undefined);
  const { socket } = response;
  const head: RawRequest['head'] = (status, headers = { 'content-type': 'text/event-stream' }) => {
    response.writeHead(status, headers).flushHeaders();
  };
  const opened = (): void => {
    if (!response.headersSent) head(200);
  };
  return {
    ...asked,
    get json() {
      return JSON.parse(asked.body);
    },
    head,
    write(bytes) {
      opened();
      response.write(bytes);
    },
    end(bytes) {
      opened();
      response.end(bytes);
    },
    answer(status, document, headers = {}) {
      head(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(document));
    },
    writeToSocket: (bytes) => void socket?.write(bytes),
    destroy: () => void socket?.destroy(),
    closed: new Promise((resolve) => {
      response.once('close', () => resolve(response.writableFinished ? 'whole' : 'broken'));
    }),
  };
}
