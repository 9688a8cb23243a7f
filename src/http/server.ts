import { createServer, IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { createApplication, type Served, type Surroundings } from './application.ts';
import { createClientErrors } from './client-errors.ts';
import { watchConnections } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { createDoor } from './permits.ts';
import { createDialectFinder } from './request-head.ts';
import { createSockets } from './sockets.ts';

export interface GatewayServer {
  /** Where it listens. */
  readonly address: AddressInfo;
  /**
   * Lets answers on their way leave within the time (milliseconds), then cuts them off; only when nobody has asked for a moment does
   * nobody listen any more, so that whoever has not noticed is told. Resolves soon after the time.
   */
  close(withinMs: number): Promise<void>;
}

export interface Face {
  readonly served: Served;
  readonly host: string;
  readonly port: number;
}

/** So many connections a place has that is not for chats: they do not count among the others, and those not among them. Our choice. */
const sideBounds = { connections: 256, connectionsPerAddress: 256 };

/** Serves the gateway over HTTP, and over WebSocket where it serves chats. */
export async function startServer(
  gateway: Gateway,
  surroundings: Surroundings,
  { served, ...place }: Face,
): Promise<GatewayServer> {
  const { ownDialect } = surroundings;
  const dialectOf = createDialectFinder([...gateway.dialects, ownDialect], ownDialect);
  const broken = createClientErrors(gateway, dialectOf);
  const application = createApplication(gateway, surroundings, { served, dialectOf });
  const sockets = served.has('chats') ? createSockets(gateway, broken, surroundings) : undefined;
  const isUpgrade = (request: IncomingMessage, isOffered: boolean): boolean =>
    connections.isAhead(request) || (isOffered && sockets?.serves(request) === true);
  const { headMs, requestMs } = gateway.times;
  const server = createServer({
    ...messageClasses(application.express, isUpgrade),
    requireHostHeader: false,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    // How late Node may be in noticing either.
    connectionsCheckingInterval: Math.min(2_000, headMs / 2),
  });
  // Node would leave out those beyond, and a request that is held back is made of them; they are bounded by their bytes.
  server.maxHeadersCount = 0;
  // Longer than the idle time of the usual load balancers (60 s): who closes first decides whether a request is lost.
  server.keepAliveTimeout = 75_000;
  const connect = served.has('chats') ? gateway.permits.connect : createDoor(() => sideBounds, gateway.shed);
  // What Express makes of the setting, as it documents it.
  const isProxy = application.express.get('trust proxy fn') as (address: string, distance: number) => boolean;
  const connections = watchConnections(server, {
    times: gateway.times,
    closing: gateway.lifetime.closing,
    whenFull: () => void gateway.shed('pipelining'),
    open: ({ remoteAddress = '' }) => connect(isProxy(remoteAddress, 0) ? undefined : remoteAddress),
  });
  server.on('connection', (socket) => stopReadingAt(socket, connections.isAhead));
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    connections.began(request, response);
    broken.began(request, response);
    // By `messageClasses`.
    if (connections.isSpare(request)) application.serveSpare(request as Request, response as Response);
    else application.serve(request as Request, response as Response);
  };
  server.on('request', serve);
  // An expectation that nobody has heard of may be ignored (RFC 9110, 10.1.1); Node would answer it without a body.
  server.on('checkExpectation', serve);
  server.on('clientError', (cause, socket) => broken.answer(cause, socket));
  server.on('upgrade', (request, socket, head) => {
    if (connections.isAhead(request)) connections.hold(request, head);
    else sockets?.upgrade(request, socket, head);
  });
  await listen(server, place);
  // One connection could not be accepted: there is no free file descriptor, or it was gone again.
  server.on('error', () => void gateway.shed('connections'));
  return {
    address: server.address() as AddressInfo, // it listens on TCP
    async close(withinMs) {
      const startedAt = performance.now();
      await connections.quiet(Math.min(gateway.times.maxNoticeMs, withinMs));
      const closed = new Promise((resolve) => server.close(resolve));
      sockets?.close();
      connections.endUnused();
      // What is left are answers on their way, and connections that ask nothing.
      const leftMs = Math.max(withinMs - (performance.now() - startedAt), gateway.times.maxCutMs);
      const timer = setTimeout(connections.endAll, leftMs);
      await closed;
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
 * Classes whose prototypes the application takes for its own. Express would otherwise change the prototype of every single request
 * and response, which costs more than all the rest of a call (expressjs/express#5998). Classes, because Node's own constructors
 * called in any other way for these prototypes cost 60 µs a call.
 */
function messageClasses(application: Express, isUpgrade: IsUpgrade): ServerOptions {
  class GatewayRequest extends IncomingMessage {}
  class GatewayResponse<Of extends IncomingMessage = IncomingMessage> extends ServerResponse<Of> {}
  Object.defineProperty(GatewayRequest.prototype, 'upgrade', upgradeOf(isUpgrade));
  // What Express has made of its requests and responses stands behind the classes, and the classes stand in its place.
  Object.setPrototypeOf(GatewayRequest.prototype, application.request);
  Object.setPrototypeOf(GatewayResponse.prototype, application.response);
  Object.assign(application, { request: GatewayRequest.prototype, response: GatewayResponse.prototype });
  return { IncomingMessage: GatewayRequest, ServerResponse: GatewayResponse };
}

/** Node's parser of a connection, as far as it is looked at here. It stops behind the head of a request for which this gives 2. */
interface HeadReader {
  onIncoming(request: IncomingMessage, keepAlive: boolean): number;
}

/** Has a connection read no further than the head of a request that is to wait. Node did so until 25 by itself, for what it was to take off HTTP. */
function stopReadingAt(
  socket: Socket & { readonly parser?: HeadReader },
  isAhead: (request: IncomingMessage) => boolean,
) {
  const { parser } = socket;
  if (parser === undefined) return;
  const begin = parser.onIncoming;
  parser.onIncoming = (request, keepAlive) => {
    if (!isAhead(request)) return begin(request, keepAlive);
    request.complete = true; // Node would read its body, too, before it lets go of the connection
    return 2;
  };
}

type IsUpgrade = (request: IncomingMessage, isOffered: boolean) => boolean;

/**
 * `IncomingMessage.upgrade`, true for what Node is to take off HTTP: WebSocket handshakes, and requests that are to wait, as there is no
 * other way to have it read no further. Once anybody listens for upgrades, Node takes every offer of one off HTTP, and Java's client
 * offers HTTP/2 with each of its requests: an offer that is not taken up is answered as if it were not there (RFC 9110, 7.8). Node 24
 * has an option for this.
 */
function upgradeOf(isUpgrade: IsUpgrade): PropertyDescriptor & ThisType<IncomingMessage> {
  const offers = new WeakSet<IncomingMessage>();
  return {
    get(): boolean {
      return isUpgrade(this, offers.has(this));
    },
    set(offered: unknown): void {
      if (offered === true) offers.add(this);
    },
  };
}
