import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Request } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dialect, SocketEndpoint, WireRequest } from '../dialects/dialect.ts';
import type { Surroundings } from './application.ts';
import type { ClientErrors } from './client-errors.ts';
import type { Gateway } from './gateway.ts';
import { drawnSocketRoute } from './pass-through/drawn-calls.ts';
import { keyedRoute, type PassedRoute, ruledRoute } from './pass-through/proxied-routes.ts';
import { servePassedSocket } from './pass-through/serve-proxied-socket.ts';
import { maxBodyBytes } from './read-body.ts';
import { faultOfHead, pathOf } from './request-head.ts';
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
  broken: ClientErrors,
  surroundings: Pick<Surroundings, 'ownDialect' | 'hosts'>,
): Sockets {
  const { ownDialect, hosts } = surroundings;
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

  // A WebSocket at the path of an endpoint is none: the endpoint answers.
  const endpoints = gateway.dialects.flatMap((dialect) =>
    dialect.endpoints.flatMap(({ paths }) => paths.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`))),
  );

  const serve = (socket: WebSocket, request: Request): void => {
    const route = routes.get(pathOf(request.url));
    if (route === undefined) return; // `serves` has seen it
    void serveSocket(gateway, { ...route, socket, wire: toWire(request), request });
  };
  const passedRoute = (request: Request): PassedRoute | undefined => {
    const path = pathOf(request.url);
    const route = routes.get(path);
    if (route !== undefined) return keyedRoute(gateway, { ...route, carrier: 'socket' }, toWire(request));
    return endpoints.some((endpoint) => endpoint.test(path)) ? undefined : ruledRoute(gateway, path, ownDialect);
  };

  return {
    serves: (request) =>
      request.method === 'GET' &&
      request.headers.upgrade?.toLowerCase() === 'websocket' &&
      // One that comes too late, or for another host, is refused as any other request is.
      !gateway.lifetime.closing.aborted &&
      faultOfHead(request, hosts()) === undefined &&
      (routes.has(pathOf(request.url ?? '')) || passedRoute(request as Request) !== undefined),
    upgrade(incoming, socket, head) {
      const request = incoming as Request; // by its server's classes
      // Node has taken its own listener off: a client that resets the connection now would end the process.
      socket.on('error', () => socket.destroy());
      const take = (route: PassedRoute | undefined): void => {
        // It may have left while it was asked where it belongs: nobody would tell of that again.
        if (socket.destroyed) return;
        if (route === undefined || !(socket instanceof Socket)) {
          server.handleUpgrade(request, socket, head, (accepted) => serve(accepted, request));
        } else {
          const handshake = { request, wire: toWire(request), socket, head };
          void servePassedSocket(gateway, route, handshake);
        }
      };
      const route = passedRoute(request);
      const own = route === undefined ? routes.get(pathOf(request.url)) : undefined;
      const drawn = own && drawnSocketRoute(gateway, own, toWire(request));
      if (drawn === undefined) take(route);
      else void drawn.then(take);
    },
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

function toWire({ headers, url = '' }: IncomingMessage): WireRequest {
  const query = new URLSearchParams(/\?.*$/s.exec(url)?.[0]);
  return { params: {}, query: Object.fromEntries(query), headers, body: undefined };
}
