import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'express';
import { GatewayError } from '../../errors/index.ts';
import { connectionError, mayBeMisread } from '../../network/index.ts';
import { originForm, pathOf } from '../request-head.ts';
import { forwardedRequest } from './forwarded-headers.ts';
import type { ProxiedOrigin } from './origin-proxy.ts';
import type { ProxyTimers } from './proxy-timers.ts';

/** A request that is ready to leave for its origin. */
export interface OutboundRequest {
  /** Puts the last touches to what is sent, and watches its connection. */
  send(ask: ClientRequest, clock: ProxyTimers): void;
}

/** What a server on the way answers itself, or that makes a tunnel of it. */
const neverPassed = new Set(['TRACE', 'CONNECT']);

/**
 * Makes a request ready to be handed over: its address without the host that a client may name in it, its headers as the origin is
 * to see them. Throws `method-not-allowed`, or `malformed-request` for a target that an origin may read as another one.
 */
export function prepareOutbound(request: Request, origin: ProxiedOrigin, upgrade?: 'websocket'): OutboundRequest {
  if (neverPassed.has(request.method)) throw new GatewayError('method-not-allowed', 'Method not allowed');
  const address = originForm(request.url);
  if (mayBeMisread(pathOf(address), origin.has)) {
    throw new GatewayError('malformed-request', 'The address of the request may be read as another one');
  }
  const headers = forwardedRequest(request, origin, upgrade);
  const isChunked = headers['transfer-encoding'] !== undefined;
  request.url = address;
  request.headers = headers;
  return {
    send(ask, clock) {
      // http-proxy writes one slash for several.
      ask.path = `${origin.address.path}${address}`;
      if (isChunked) {
        // It takes the framing from a DELETE, whose body would then be read as the next request on the connection.
        ask.removeHeader('Content-Length');
        ask.setHeader('Transfer-Encoding', 'chunked');
      }
      if (ask.socket === null) ask.once('socket', (socket) => watchConnection(socket, clock));
      else watchConnection(ask.socket, clock);
    },
  };
}

function watchConnection(socket: Socket, clock: ProxyTimers): void {
  if (!socket.connecting) {
    clock.await('firstEvent');
    return;
  }
  clock.await('connect');
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => clock.await('firstEvent'));
}

/** What broke between a client and its origin, in our words: either may be the one that has left. */
export function proxyError(cause: Error, request: Request, { address }: ProxiedOrigin): GatewayError {
  if (request.errored !== null) return new GatewayError('client-closed', 'The client went away', { cause });
  return connectionError(cause, address.host);
}
