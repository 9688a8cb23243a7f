import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GatewayError } from '../errors/index.ts';
import type { GatewayCall, HttpCall } from './http-call.ts';
import { unlimitedQuota } from './limits.ts';

/** Writes an error as the caller's dialect says it, unless the answer has begun or nobody is there to read it. */
export function renderError(http: HttpCall, error: GatewayError): void {
  const { response, dialect, exchange } = http;
  if (response.headersSent || response.destroyed) {
    // One that has ended has told it already.
    if (!response.writableEnded) response.destroy();
    return;
  }
  const { retryAfterMs, allow } = error.details;
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  if (allow !== undefined) response.setHeader('Allow', allow.join(', '));
  // What is left of a body that is too large, or too slow, is not worth reading.
  if (error.code === 'payload-too-large' || error.code === 'request-timeout') response.setHeader('Connection', 'close');
  const { status, headers, body } = dialect.errors.encode(error, exchange);
  writeDocument(http, { status, headers, body });
}

/** Writes a whole response. Throws before the first byte if the body is no JSON. */
export function writeDocument(
  { response, dialect, quota }: HttpCall,
  {
    status,
    headers,
    body,
  }: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown },
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    ...dialect.quotaHeaders?.(quota ?? unlimitedQuota()),
    ...headers,
  });
  response.end(bytes);
}

/** Answers on a bare connection, which Node has no response for, in the dialect of the call, and closes it. */
export function refuseOnSocket(socket: Duplex, entry: GatewayCall, error: GatewayError) {
  const { dialect, exchange, call, quota, notices } = entry;
  const { status, headers, body } = dialect.errors.encode(error, exchange);
  entry.socketStatus = status;
  const { retryAfterMs } = error.details;
  const text = JSON.stringify(body);
  const fields = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    'Cache-Control': 'no-store',
    ...(dialect.credential.kind !== 'site' && { Vary: dialect.credential.headers.join(', ') }),
    Connection: 'close',
    'X-Request-Id': call.requestId,
    ...(retryAfterMs !== undefined && { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    ...dialect.quotaHeaders?.(quota ?? unlimitedQuota()),
    ...notices,
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  socket.end(head + text, () => socket.destroy());
}
