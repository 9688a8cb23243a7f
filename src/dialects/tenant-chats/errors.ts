import type { ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Codec, WireResponse } from '../dialect.ts';
import { decodeUpstreamStatus } from '../upstream-status.ts';
import type { SocketErrorCode } from './frame.ts';
import { describeViolations } from './violation.ts';
import type { ErrorBody } from './wire.ts';

interface Rendering {
  readonly socketCode: SocketErrorCode;
  /** Where it differs from the gateway's. */
  readonly status?: number;
  /** Where it differs from the error's public message. */
  readonly detail?: string | ((error: GatewayError) => string);
}

const refused: Rendering = { socketCode: 'INVALID_MESSAGE' };
const unanswered: Rendering = { socketCode: 'UPSTREAM_ERROR' };

/**
 * Source: vendor's pages for the statuses, 400 for an invalid body among them; `Not Found` and `Method Not Allowed` are the
 * words of the framework that the vendor evidently uses; the other sentences and the socket codes are our choice.
 */
const renderings: Readonly<Record<ErrorCode, Rendering>> = {
  'malformed-request': refused,
  'invalid-request': { ...refused, status: 400, detail: describeInvalid },
  unauthenticated: { socketCode: 'AUTHENTICATION_FAILED', detail: 'Invalid or missing API key' },
  forbidden: { socketCode: 'AUTHENTICATION_FAILED' },
  'not-found': { socketCode: 'CHAT_NOT_FOUND', detail: describeMissing },
  'method-not-allowed': { ...refused, detail: 'Method Not Allowed' },
  'request-timeout': refused,
  conflict: refused,
  gone: refused,
  'payload-too-large': refused,
  'unsupported-media-type': refused,
  'rate-limited': { socketCode: 'RATE_LIMITED' },
  'client-closed': { ...unanswered, detail: 'The answer was interrupted' },
  internal: { socketCode: 'INTERNAL_ERROR' },
  'unsupported-operation': refused,
  'content-filter': refused,
  'context-overflow': refused,
  quota: unanswered,
  'bad-tool-call': unanswered,
  'unknown-parameter': unanswered,
  'unauthorised-key': unanswered,
  'model-missing': unanswered,
  'upstream-rejected': unanswered,
  'upstream-failed': unanswered,
  'upstream-protocol': unanswered,
  'upstream-unavailable': unanswered,
  'store-unavailable': { socketCode: 'INTERNAL_ERROR' },
  'shutting-down': { socketCode: 'INTERNAL_ERROR' },
  overloaded: { socketCode: 'INTERNAL_ERROR' },
  'upstream-timeout': unanswered,
};

/** What a client is told about an error, and under which code a socket tells it. */
export function describeError(error: GatewayError): { readonly code: SocketErrorCode; readonly detail: string } {
  const { socketCode, detail = error.publicMessage } = renderings[error.code];
  return { code: socketCode, detail: typeof detail === 'function' ? detail(error) : detail };
}

function describeInvalid({ details: { violations = [] }, publicMessage }: GatewayError): string {
  return describeViolations(violations) ?? publicMessage;
}

const missing: Readonly<Record<string, string>> = {
  conversation: 'Chat not found',
  user: 'No chats found for this user',
  route: 'Not Found',
};

function describeMissing({ details: { subject }, publicMessage }: GatewayError): string {
  return (subject && missing[subject.kind]) ?? publicMessage;
}

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'tenant-chats/error.json',
  encode: (error) => ({
    status: renderings[error.code].status ?? error.traits.status,
    headers: {},
    body: { detail: describeError(error).detail } satisfies ErrorBody,
  }),
  // All that it says beside the status is a sentence.
  decode: (response) => decodeUpstreamStatus(response),
};
