import { defined } from '../canonical/index.ts';
import { type ErrorTraits, errorCodes, type GatewayError } from '../errors/index.ts';
import type { Span } from '../observability/trace.ts';
import type { Gateway } from './gateway.ts';
import type { GatewayCall, HttpCall } from './http-call.ts';

/** Counts and logs a call that has ended: once, without what was said in it. */
export function endCall({ metrics, log, access }: Pick<Gateway, 'metrics' | 'log' | 'access'>, ended: Ended): void {
  const { dialect, operation, backend, error, startedAt } = ended;
  const taken = performance.now() - startedAt;
  const code = error?.code ?? 'ok';
  metrics.callEnded({ dialect: dialect.name, operation, backend, code, seconds: taken / 1_000 });
  if (ended.call.trace?.span !== undefined) endSpan(ended.call.trace.span, ended);
  const level = error === undefined ? 'info' : errorCodes[error.code].level;
  if (!isWritten(access, level, error) || !log.isLevelEnabled(level)) return;
  const { call, principal, tenant, exchange, request, path } = ended;
  const facts = {
    requestId: call.requestId,
    traceId: call.trace?.id,
    tenant,
    principal,
    conversationId: readable(exchange.conversationId),
    method: request?.method,
    path: path === '' ? undefined : path,
    dialect: dialect.name,
    operation,
    backend,
    code,
    status: statusOf(ended),
    milliseconds: tenths(taken),
    firstEventMs: ended.firstEventMs === 0 ? undefined : tenths(ended.firstEventMs),
    bytes: request && request.socket.bytesWritten - ended.bytesBefore,
    events: ended.events === 0 ? undefined : ended.events,
    ended: howItEnded(ended),
  };
  log[level]({ ...facts, ...explain(error) }, `${dialect.name} ${operation}`);
}

/** The root of a trace: what OpenTelemetry's conventions say of a server's HTTP call. Names that a client has made stand nowhere. */
function endSpan(span: Span, ended: Ended): void {
  const { dialect, operation, backend, error, request, path, carrier, exchange } = ended;
  span.set({
    'http.request.method': request?.method,
    'http.route': path === '' ? undefined : path,
    'http.response.status_code': statusOf(ended),
    'url.scheme': request?.protocol,
    'network.protocol.name': carrier === 'socket' ? 'websocket' : 'http',
    'gen_ai.conversation.id': readable(exchange.conversationId),
    'dragoman.request_id': ended.call.requestId,
    'dragoman.dialect': dialect.name,
    'dragoman.operation': operation,
    'dragoman.backend': backend,
  });
  // What a client does wrong is no failure of a server (OpenTelemetry's conventions for HTTP).
  span.end(error !== undefined && error.traits.status >= 500 ? error.code : undefined);
}

/** An answer stands in a response, where the call has one. */
type Ended = GatewayCall & Partial<Pick<HttpCall, 'response'>>;

/** What is ours to mend is written whatever the configuration says. */
function isWritten(access: Gateway['access'], level: ErrorTraits['level'], error: GatewayError | undefined): boolean {
  if (access === true || level === 'warn' || level === 'error') return true;
  return access === 'errors' && error !== undefined;
}

const tenths = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** What a client makes of its ids is its own affair: one that is no id is not written. Our choice. */
const readable = (id: string | undefined): string | undefined =>
  id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;

function statusOf({ response, socketStatus }: Ended): number | undefined {
  if (response?.headersSent === true) return response.statusCode;
  return socketStatus === 0 ? undefined : socketStatus;
}

/** `broken`: after the answer had begun. `failed`: with an answer that says so, or with none. */
function howItEnded({ error, response, socketStatus }: Ended): 'complete' | 'left' | 'broken' | 'failed' {
  if (error === undefined) return 'complete';
  if (error.code === 'client-closed') return 'left';
  const hasBegun = response === undefined ? socketStatus === 101 : response.headersSent && response.statusCode < 400;
  return hasBegun ? 'broken' : 'failed';
}

/** Why a call failed, where it is for us to mend it: what an exposed error says is the client's own affair. Where it came from is told of bugs. */
function explain(error: GatewayError | undefined) {
  if (error === undefined || error.traits.exposed) return {};
  const { cause } = error;
  const story = cause instanceof Error ? (error.code === 'internal' && cause.stack) || cause.message : undefined;
  return defined({ reason: error.message, cause: story });
}
