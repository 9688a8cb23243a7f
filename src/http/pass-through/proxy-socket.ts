import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Request } from 'express';
import type { GatewayError } from '../../errors/index.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayCall } from '../http-call.ts';
import { forwardedResponse } from './forwarded-headers.ts';
import { createFrameEnds, type FrameEnds } from './last-words.ts';
import type { ProxiedOrigin } from './origin-proxy.ts';
import { prepareOutbound, proxyError } from './outbound-request.ts';
import { openProxySession } from './proxy-session.ts';

/** A request to open a WebSocket, on a connection that HTTP has let go of. */
export interface Handshake {
  readonly request: Request;
  readonly socket: Socket;
  /** What came behind it already. */
  readonly head: Buffer;
}

export interface PassedSocket extends Handshake {
  readonly origin: ProxiedOrigin;
  /** The origin says yes or no: nothing is said to the client beside it from then on. */
  whenAnswered(status: number): void;
  /** It says yes; this follows what it says then. */
  whenAccepted(frames: FrameEnds): void;
  /** Answers the client, if the origin has not; in the same step, for http-proxy ends the connection in the next. */
  refuse(error: GatewayError): void;
}

/**
 * Passes a handshake on to an origin and, if that accepts, whatever is said, both ways, until either side closes; a connection that
 * breaks on one side breaks on the other. Throws what goes wrong, as `passCall` does; once accepted, a socket may be quiet for ever.
 */
export async function passSocket(
  gateway: Gateway,
  { call, notices }: GatewayCall,
  passed: PassedSocket,
): Promise<void> {
  const { request, socket, head, origin } = passed;
  // In place of the origin's own, whose names are in lower case.
  const told = Object.fromEntries(Object.entries(notices ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  if (call.trace !== undefined) request.headers['traceparent'] = call.trace.header;
  const outbound = prepareOutbound(request, origin, 'websocket');
  const session = openProxySession(call.signal, { ...origin.timeouts, unreadMs: gateway.times.maxUnreadMs });
  const { clock } = session;
  let ask: ClientRequest | undefined;
  gateway.passThrough.upgrade(request, socket, head, {
    origin,
    asked(started) {
      ask = started;
      if (session.isOver()) ask.destroy();
      outbound.send(ask, clock);
      // Before http-proxy, which writes the headers of either answer as it finds them.
      ask.on('response', (answer) => {
        passed.whenAnswered(answer.statusCode ?? 0);
        answer.headers = { ...forwardedResponse(answer, origin.responseHeaders), ...told, connection: 'close' };
        clock.await('idle');
        answer.on('data', clock.refresh);
        answer.on('error', (cause) => session.fail(proxyError(cause, request, origin)));
        answer.on('end', () => {
          closeSoon(socket, gateway.times.maxUnreadMs);
          session.end();
        });
      });
      ask.on('upgrade', (answer: IncomingMessage, far: Socket) => {
        passed.whenAnswered(101);
        const frames = createFrameEnds();
        passed.whenAccepted(frames);
        far.pause(); // until it is piped: a listener would have it flow
        far.on('data', frames.sent);
        clock.stop();
        const said = forwardedResponse(answer, origin.responseHeaders);
        answer.headers = { ...said, ...told, connection: 'Upgrade', upgrade: 'websocket' };
        far.on('close', () => {
          if (session.isOver()) return; // the client is told why
          closeSoon(socket, gateway.times.maxUnreadMs);
          session.end();
        });
        socket.on('close', () => far.destroy());
      });
    },
    answered: () => undefined,
    failed(cause) {
      const error = proxyError(cause, request, origin);
      if (!session.isOver()) passed.refuse(error);
      session.fail(error);
    },
  });
  try {
    await session.ended;
  } finally {
    session.close();
    ask?.destroy();
  }
}

/** Closes a connection when what was written to it has left, or was left unread for too long. */
function closeSoon(socket: Socket, unreadMs: number): void {
  socket.setTimeout(unreadMs, () => socket.destroy());
  socket.destroySoon();
}
