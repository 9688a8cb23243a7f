import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GatewayError } from '../errors/index.ts';
import type { GatewayCall } from './http-call.ts';
import { unlimitedQuota } from './limits.ts';

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
