import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { type GatewayError, toGatewayError } from '../../errors/index.ts';
import { type Admitted, acquireStream } from '../admit.ts';
import type { Gateway } from '../gateway.ts';
import type { HttpCall } from '../http-call.ts';
import { lookAgain } from '../look-again.ts';
import { keepPace } from '../pace.ts';
import { grownOld } from '../subscriptions.ts';
import { forwardedResponse } from './forwarded-headers.ts';
import { createStreamTail, endStream, type FailureCodec, type StreamTail } from './last-words.ts';
import type { Observation } from './observations.ts';
import type { ProxiedOrigin } from './origin-proxy.ts';
import { prepareOutbound, proxyError } from './outbound-request.ts';
import { openProxySession, type ProxySession } from './proxy-session.ts';

export interface PassedCall {
  readonly origin: ProxiedOrigin;
  /** Absent where anybody may call. */
  readonly caller: Admitted | undefined;
  /** The body, where it was read already. */
  readonly body?: Buffer | undefined;
  /** How a stream of the endpoint tells a failure; absent, as the dialect's first one does. */
  readonly events?: FailureCodec | undefined;
  /** Where one is made. */
  readonly copy?: Observation | undefined;
}

/**
 * Passes a call on to an origin and the answer back: as they come, no faster than either side reads. Resolves when all of the
 * answer is written. Throws `upstream-unavailable`, `upstream-timeout`, `upstream-failed`, or the reason of the call's signal.
 */
export async function passCall(gateway: Gateway, http: HttpCall, passed: PassedCall): Promise<void> {
  const { origin, caller, body, copy } = passed;
  const { request, response } = http;
  http.operation = 'passthrough';
  if (http.call.trace !== undefined) request.headers['traceparent'] = http.call.trace.header;
  const outbound = prepareOutbound(request, origin);
  http.backend = origin.name;
  let ask: ClientRequest | undefined;
  let answer: IncomingMessage | undefined;
  let place: { release(): void } | undefined;
  let watched: { end(): void } | undefined;
  let tail: StreamTail | undefined;
  const session = openProxySession(http.call.signal, {
    ...origin.timeouts,
    unreadMs: gateway.times.maxUnreadMs,
    // A client that is still sending, and is waited for, keeps its origin waiting too.
    isExcused: () => !request.complete && ask?.writableNeedDrain === false,
  });
  const { clock } = session;
  const endWatch = keepPace(gateway, http);
  const steps = {
    origin,
    asked(started: ClientRequest) {
      ask = started;
      if (session.isOver()) ask.destroy();
      outbound.send(ask, clock);
      if (body === undefined) {
        request.on('data', clock.refresh);
        if (copy !== undefined) request.on('data', copy.sent);
      } else {
        ask.end(body);
        copy?.sent(body);
      }
    },
    async answered(begun: IncomingMessage) {
      try {
        if (session.isOver()) return;
        answer = begun;
        answer.on('error', (cause) => session.fail(proxyError(cause, request, origin)));
        const held = isEventStream(answer) ? await acquireStream(gateway, http, caller) : undefined;
        if (session.isOver()) {
          held?.release();
          return;
        }
        place = held;
        if (held !== undefined && caller !== undefined) {
          tail = isEncoded(answer) ? undefined : createStreamTail();
          watched = gateway.subscriptions.watch({
            ...lookAgain(gateway, http, { admitted: caller, isPassed: true }),
            refuse(reason) {
              // One that has ended, and is not read yet, says nothing more.
              if (response.writableEnded) return;
              begun.pause();
              refuseStream(http, passed, { tail, reason });
              http.abort(reason);
            },
            // When it would be a good moment, only its origin knows.
            ageing: { retire: () => http.abort(grownOld()), leave: () => http.abort(grownOld()) },
            drop: () => response.destroy(),
          });
        }
        writeHead(answer, response, { origin, caller });
        relay(answer, response, session, tail);
        copy?.answered(answer);
      } catch (thrown) {
        session.fail(toGatewayError(thrown));
      }
    },
    failed: (cause: Error) => session.fail(proxyError(cause, request, origin)),
  };
  gateway.passThrough.send(request, response, steps);
  try {
    await session.ended;
  } finally {
    copy?.end(answer?.complete === true);
    endWatch();
    session.close();
    place?.release();
    // A client that does not read the last words is dropped.
    if (response.writableEnded && watched !== undefined) response.once('close', watched.end);
    else watched?.end();
    request.off('data', clock.refresh);
    if (copy !== undefined) request.off('data', copy.sent);
    // What an origin is still asked ends; what the client is still sending is taken, so that its connection can go on.
    if (answer?.complete !== true || ask?.writableFinished !== true) ask?.destroy();
    request.unpipe();
    request.resume();
  }
}

/** Whether bytes of ours would be read as something else. */
const isEncoded = ({ headers }: IncomingMessage): boolean =>
  (headers['content-encoding'] ?? 'identity') !== 'identity' || headers['content-length'] !== undefined;

/** Tells a client why its stream ends, where that can be said: between two events of a dialect that has streams. */
function refuseStream(
  http: HttpCall,
  { events }: PassedCall,
  { tail, reason }: { readonly tail: StreamTail | undefined; readonly reason: GatewayError },
): void {
  const codec = events ?? http.dialect.endpoints.find(({ events: own }) => own !== undefined)?.events;
  if (codec !== undefined && tail?.standsBetweenEvents() === true) endStream(http, codec, reason);
}

/** Whether an answer is a stream of events, which takes one of the caller's places. */
const isEventStream = ({ headers }: IncomingMessage): boolean =>
  /^\s*text\/event-stream\b/i.test(headers['content-type'] ?? '');

function writeHead(
  answer: IncomingMessage,
  response: Response,
  { origin: { responseHeaders }, caller }: Pick<PassedCall, 'origin' | 'caller'>,
): void {
  // What anybody may ask for is the origin's alone to have kept.
  if (caller === undefined) response.removeHeader('Cache-Control');
  for (const [name, value] of Object.entries(forwardedResponse(answer, responseHeaders))) {
    if (value === undefined) continue;
    // What the gateway itself has made the answer depend on stays said.
    if (name === 'vary') response.vary(String(value));
    else if (isSaid(name, response)) continue;
    else if (name === 'link' && response.hasHeader('link')) response.appendHeader('Link', value);
    else response.setHeader(name, value);
  }
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '');
  // Where the end is not known, the first bytes may be long in coming.
  if (!response.hasHeader('Content-Length')) response.flushHeaders();
}

/** Whether the gateway tells it of its own. */
const isSaid = (name: string, response: Response): boolean =>
  (name === 'deprecation' || name === 'sunset') && response.hasHeader(name);

/** Writes what comes, and has the origin wait while the client does not read. */
function relay(
  answer: IncomingMessage,
  response: Response,
  { clock, end }: ProxySession,
  tail: StreamTail | undefined,
): void {
  clock.await('idle');
  answer.on('data', (bytes: Buffer) => {
    tail?.sent(bytes);
    if (response.write(bytes)) {
      clock.refresh();
      return;
    }
    answer.pause();
    clock.await('unread');
  });
  response.on('drain', () => {
    clock.await('idle');
    answer.resume();
  });
  answer.on('end', () => {
    response.addTrailers(answer.trailers);
    response.end();
    end();
  });
}
