import { type ErrorCode, GatewayError } from '../errors/index.ts';

/** Before a connection stood: nothing can have been done there. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const unreadable = new Set([
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
]);

/** Nobody is at an address that a command was told to ask. */
export class Unreachable extends Error {}

/** What went wrong on a connection to `host`, in our words. */
export function connectionError(cause: unknown, host: string): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const code = codeOf(cause);
  return new GatewayError(classOf(code), `The connection to ${host} failed${code === '' ? '' : ` (${code})`}`, {
    cause,
  });
}

function classOf(code: string): ErrorCode {
  if (unreached.has(code) || /^(ERR_TLS|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'upstream-unavailable';
  return unreadable.has(code) || /^(HPE_|WS_ERR_)/.test(code) ? 'upstream-protocol' : 'upstream-failed';
}

/** Of several addresses that were tried, the first failure tells it. */
function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  if (!(cause instanceof Error)) return '';
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  // undici leaves out the code of its parser. Where that points at no bytes, it is their end that it did not expect.
  return cause.name === 'HTTPParserError' && 'data' in cause && cause.data !== '' ? 'HPE_INVALID' : '';
}
