import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dialect, SocketEndpoint, WireRequest } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';
import type { Gateway } from './gateway.ts';
import { maxBodyBytes } from './read-body.ts';
import { serveSocket } from './serve-socket.ts';

export interface Sockets {
  /** Takes over a request to upgrade; one to a path that is no socket is answered 404. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket with 1001, and waits until they are gone or the time is over. */
  close(withinMs: number): Promise<void>;
}

/** The WebSocket carrier of all dialects that have one. */
export function createSockets(gateway: Gateway, addressOf: (request: IncomingMessage) => string): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, perMessageDeflate: false });
  const routes = new Map(
    gateway.dialects.flatMap((dialect) =>
      (dialect.sockets ?? []).flatMap((endpoint) =>
        endpoint.paths.map((path): [string, { dialect: Dialect; endpoint: SocketEndpoint }] => [
          path,
          { dialect, endpoint },
        ]),
      ),
    ),
  );
  const serving = new Set<Promise<void>>();

  const serve = (socket: WebSocket, request: IncomingMessage, url: URL): void => {
    const route = routes.get(url.pathname);
    if (route === undefined) return;
    const wire: WireRequest = {
      params: {},
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: undefined,
    };
    const address = addressOf(request);
    const served = serveSocket(gateway, { ...route, socket, wire, address });
    serving.add(served);
    void served.finally(() => serving.delete(served));
  };

  return {
    upgrade(request, socket, head) {
      // Node has taken its own listener off: a client that resets the connection now would end the process.
      socket.on('error', () => socket.destroy());
      const url = readUrl(request);
      if (url === undefined || !routes.has(url.pathname)) {
        refuse(socket);
        return;
      }
      server.handleUpgrade(request, socket, head, (accepted) => serve(accepted, request, url));
    },
    async close(withinMs) {
      const reason = new GatewayError('upstream-unavailable', 'The gateway is going away');
      for (const socket of server.clients) socket.close(1001, reason.publicMessage);
      const timer = setTimeout(() => {
        for (const socket of server.clients) socket.terminate();
      }, withinMs);
      await Promise.all(serving);
      clearTimeout(timer);
      server.close();
    },
  };
}

function readUrl({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://gateway') ? new URL(url, 'http://gateway') : undefined;
}

function refuse(socket: Duplex): void {
  const body = '{"detail":"Not Found"}';
  const head = [
    'HTTP/1.1 404 Not Found',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
