import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Call } from '../backends/backend.ts';
import { defined } from '../canonical/index.ts';
import type { Dialect, Exchange, Quota } from '../dialects/dialect.ts';
import { errorCodes, GatewayError } from '../errors/index.ts';
import type { Gateway } from './gateway.ts';
import type { Ending } from './lifetime.ts';
import type { Place } from './places.ts';

declare module 'express-serve-static-core' {
  interface Response {
    /** What its call has of what the process takes on. */
    place?: Place;
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
  readonly call: Call;
  readonly startedAt: number;
  /** Grows as more of it becomes known. */
  readonly exchange: { -readonly [Field in keyof Exchange]: Exchange[Field] };
  quota?: Quota;
  /** For logs: who called. */
  principal?: string;
  tenant?: string;
  /** Who answers; `none` until one is asked. */
  backend: string;
  /** What it has of what the process takes on. */
  readonly place: Place | undefined;
  /** The failure, if there was one. */
  error?: GatewayError;
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
  { dialect, operation, address, carrier }: Pick<GatewayCall, 'dialect' | 'operation' | 'address' | 'carrier'>,
  signal: AbortSignal,
  place?: Place,
): GatewayCall {
  const receivedAt = new Date().toISOString();
  return {
    dialect,
    operation,
    address,
    carrier,
    call: { requestId: randomUUID(), receivedAt, signal },
    startedAt: performance.now(),
    exchange: { replyId: randomUUID(), receivedAt },
    backend: 'none',
    place,
  };
}

/** Starts a call over HTTP. Its signal aborts when the client leaves before the response is written. */
export function beginHttpCall(
  request: Request,
  response: Response,
  { dialect, operation }: Pick<HttpCall, 'dialect' | 'operation'>,
): HttpCall {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new GatewayError('client-closed', 'The client went away'));
  });
  const facts = { dialect, operation, address: request.ip ?? '', carrier: 'http' as const };
  const begun = beginCall(facts, controller.signal, response.place);
  response.setHeader('X-Request-Id', begun.call.requestId);
  // For a cache that keeps all the same.
  if (dialect.credential.kind !== 'site') varyBy(response, dialect.credential.headers);
  return { request, response, abort: (reason) => controller.abort(reason), ...begun };
}

function varyBy(response: Response, headers: readonly string[]): void {
  if (response.hasHeader('Vary')) response.vary(headers.join(', '));
  else response.setHeader('Vary', headers.join(', '));
}

/** How a call ends before its time: as a failure in its dialect, or, where that takes too long, with its connection. */
export const endingOf = ({ abort, response }: HttpCall): Ending => ({
  stop: abort,
  drop: () => response.destroy(),
});

/** Counts and logs a call that has ended: once, without what was said in it. */
export function endCall({ metrics, log }: Pick<Gateway, 'metrics' | 'log'>, ended: GatewayCall): void {
  const { dialect, operation, backend, error, startedAt, call, principal, tenant } = ended;
  const seconds = (performance.now() - startedAt) / 1_000;
  const code = error?.code ?? 'ok';
  metrics.callEnded({ dialect: dialect.name, operation, backend, code, seconds });
  const level = error === undefined ? 'info' : errorCodes[error.code].level;
  if (!log.isLevelEnabled(level)) return;
  const milliseconds = Math.round(seconds * 10_000) / 10;
  const facts = { requestId: call.requestId, tenant, principal, backend, code, milliseconds };
  log[level]({ ...facts, ...explain(error) }, `${dialect.name} ${operation}`);
}

/** Why a call failed, where it is for us to mend it: what an exposed error says is the client's own affair. Where it came from is told of bugs. */
function explain(error: GatewayError | undefined) {
  if (error === undefined || error.traits.exposed || error.traits.level === 'debug') return {};
  const { cause } = error;
  const story = cause instanceof Error ? (error.code === 'internal' && cause.stack) || cause.message : undefined;
  return defined({ reason: error.message, cause: story });
}
