import { createServer, IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, Request } from 'express';
import { createApplication, type Surroundings } from './application.ts';
import type { Gateway } from './gateway.ts';
import { createSockets } from './sockets.ts';

export interface GatewayServer {
  /** Where it listens. */
  readonly address: AddressInfo;
  /** Stops taking calls, lets running ones end within the time, then cuts them off. */
  close(withinMs: number): Promise<void>;
}

/** Serves the gateway over HTTP and WebSocket. */
export async function startServer(
  gateway: Gateway,
  surroundings: Surroundings,
  place: { readonly host: string; readonly port: number },
): Promise<GatewayServer> {
  const application = createApplication(gateway, surroundings);
  const server = createServer(messageClasses(application), application);
  // Longer than the idle time of the usual load balancers (60 s): who closes first decides whether a request is lost.
  server.keepAliveTimeout = 75_000;
  // A request to upgrade has the application's prototype too, so that Express knows its address behind proxies.
  const sockets = createSockets(gateway, (request) => (request as Request).ip ?? '');
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  await listen(server, place);
  return {
    address: server.address() as AddressInfo, // it listens on TCP
    async close(withinMs) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), withinMs);
      await Promise.all([closed, sockets.close(withinMs)]);
      clearTimeout(timer);
    },
  };
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Constructors whose prototypes are the application's own. Express would otherwise change the prototype of every single request
 * and response, which costs more than all the rest of a call (expressjs/express#5998).
 */
function messageClasses({ request, response }: Express): ServerOptions {
  function GatewayRequest(...parameters: unknown[]) {
    return Reflect.construct(IncomingMessage, parameters, GatewayRequest) as IncomingMessage;
  }
  function GatewayResponse(...parameters: unknown[]) {
    return Reflect.construct(ServerResponse, parameters, GatewayResponse) as ServerResponse;
  }
  GatewayRequest.prototype = request;
  GatewayResponse.prototype = response;
  // Node calls them with `new`, for which a function with a prototype serves as a class does.
  return { IncomingMessage: GatewayRequest, ServerResponse: GatewayResponse } as unknown as ServerOptions;
}
