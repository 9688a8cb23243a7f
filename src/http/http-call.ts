import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Call } from '../backends/backend.ts';
import type { Dialect, Exchange, Quota } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';
import type { Tracer } from '../observability/trace.ts';
import { idsOf } from './call-ids.ts';
import type { Termination } from './lifetime.ts';
import type { Permit } from './permits.ts';

declare module 'express-serve-static-core' {
  interface Response {
    /** What its call has of what the process takes on. */
    place?: Permit;
  }
}

/** One call on its way through the pipeline, with what becomes known of it. */
export interface GatewayCall {
  readonly dialect: Dialect;
  /** `passthrough` once an origin is asked. */
  operation: string;
  /** The client's address, as far as the proxies in front are believed. */
  readonly address: string;
  readonly carrier: 'http' | 'socket';
  /** As it is served: the template of its path, in which nothing of the caller's stands; empty where it has none. */
  readonly path: string;
  /** What came over HTTP; a turn on an open socket, and bytes that are no request, did not. */
  readonly request: Request | undefined;
  readonly call: Call;
  readonly startedAt: number;
  /** Grows as more of it becomes known. */
  readonly exchange: { -readonly [Field in keyof Exchange]: Exchange[Field] };
  quota?: Quota;
  /** Headers of its answer, whatever that is, beyond those of every answer. */
  notices?: Readonly<Record<string, string>>;
  /** For logs: who called. */
  principal?: string;
  tenant?: string;
  /** Who answers; `none` until one is asked. */
  backend: string;
  /** What it has of what the process takes on. */
  readonly place: Permit | undefined;
  /** The status that a handshake was answered with; 0 while it was not, and for all other calls. */
  socketStatus: number;
  /** Bytes that its connection had sent before it. */
  readonly bytesBefore: number;
  /** Milliseconds from its start to its first event; 0 while there is none. */
  firstEventMs: number;
  /** Events of a stream, as the dialect has them. */
  events: number;
  /** The failure, if there was one. */
  error?: GatewayError;
}

/** What is known of a call before it is looked at. */
export interface CallFacts extends Pick<GatewayCall, 'dialect' | 'operation' | 'address' | 'carrier'> {
  /** Absent where nothing is written down. */
  readonly tracer: Tracer | undefined;
  readonly path?: string;
  readonly request?: Request;
}

/** A call whose answer is an HTTP response. */
export interface HttpCall extends GatewayCall {
  readonly request: Request;
  readonly response: Response;
  /** Aborts the call's signal. */
  readonly abort: (reason: GatewayError) => void;
}

/** Starts a call's clock and gives it its ids. */
export function beginCall(
  { dialect, operation, address, carrier, tracer, path = '', request }: CallFacts,
  signal: AbortSignal,
  place?: Permit,
): GatewayCall {
  const receivedAt = new Date().toISOString();
  const { requestId, trace } = idsOf(request, tracer, operation);
  return {
    dialect,
    operation,
    address,
    carrier,
    path,
    request,
    call: { requestId, receivedAt, signal, trace },
    startedAt: performance.now(),
    exchange: { replyId: randomUUID(), receivedAt },
    backend: 'none',
    place,
    socketStatus: 0,
    bytesBefore: request?.socket.bytesWritten ?? 0,
    firstEventMs: 0,
    events: 0,
  };
}

/** Starts a call over HTTP. Its signal aborts when the client leaves before the response is written. */
export function beginHttpCall(
  request: Request,
  response: Response,
  { dialect, operation, tracer, path = '' }: Pick<CallFacts, 'dialect' | 'operation' | 'tracer' | 'path'>,
): HttpCall {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new GatewayError('client-closed', 'The client went away'));
  });
  const facts = { dialect, operation, address: request.ip ?? '', carrier: 'http' as const, tracer, path, request };
  const begun = beginCall(facts, controller.signal, response.place);
  response.setHeader('X-Request-Id', begun.call.requestId);
  // For a cache that keeps all the same.
  if (dialect.credential.kind !== 'site') varyBy(response, dialect.credential.headers);
  return { response, abort: (reason) => controller.abort(reason), ...begun, request };
}

/** Has the answer to a call bear these headers, whatever it is. */
export function announce(entry: GatewayCall, notices: Readonly<Record<string, string>>): void {
  entry.notices = notices;
  if (!isHttp(entry)) return;
  for (const [name, value] of Object.entries(notices)) entry.response.setHeader(name, value);
}

const isHttp = (entry: GatewayCall): entry is HttpCall => 'response' in entry;

function varyBy(response: Response, headers: readonly string[]): void {
  if (response.hasHeader('Vary')) response.vary(headers.join(', '));
  else response.setHeader('Vary', headers.join(', '));
}

/** How a call ends before its time: as a failure in its dialect, or, where that takes too long, with its connection. */
export const endingOf = ({ abort, response }: HttpCall): Termination => ({
  stop: abort,
  drop: () => response.destroy(),
});
