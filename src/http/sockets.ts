import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dialect, SocketEndpoint, WireRequest } from '../dialects/dialect.ts';
import type { BrokenRequests } from './broken-requests.ts';
import type { Gateway } from './gateway.ts';
import { maxBodyBytes } from './read-body.ts';
import { serveSocket } from './serve-socket.ts';

export interface Sockets {
  /** Whether a request that offers to upgrade is for a WebSocket that there is. */
  serves(request: IncomingMessage): boolean;
  /** Takes over a request to upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends what is left of connections when the gateway's calls are over. */
  close(): void;
}

/** The WebSocket carrier of all dialects that have one. */
export function createSockets(
  gateway: Gateway,
  broken: BrokenRequests,
  addressOf: (request: IncomingMessage) => string,
): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, perMessageDeflate: false });
  server.on('wsClientError', (cause, socket, request) => broken.refuse(cause, socket, request));
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

  const serve = (socket: WebSocket, request: IncomingMessage): void => {
    const url = readUrl(request);
    const route = routes.get(url?.pathname ?? '');
    if (url === undefined || route === undefined) return; // `serves` has seen both
    const wire: WireRequest = {
      params: {},
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: undefined,
    };
    const address = addressOf(request);
    void serveSocket(gateway, { ...route, socket, wire, address });
  };

  return {
    serves: (request) =>
      request.method === 'GET' &&
      request.headers.upgrade?.toLowerCase() === 'websocket' &&
      routes.has(readUrl(request)?.pathname ?? ''),
    upgrade(request, socket, head) {
      // Node has taken its own listener off: a client that resets the connection now would end the process.
      socket.on('error', () => socket.destroy());
      server.handleUpgrade(request, socket, head, (accepted) => serve(accepted, request));
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

function readUrl({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://gateway') ? new URL(url, 'http://gateway') : undefined;
}
