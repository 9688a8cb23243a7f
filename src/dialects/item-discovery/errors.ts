import type { ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Codec, WireResponse } from '../dialect.ts';
import { decodeUpstreamStatus } from '../upstream-status.ts';
import { findJsonError } from './json-error.ts';
import { describeRefusals } from './pydantic.ts';
import type { ErrorBody, Refusal } from './wire.ts';

/** The vendor's own model is `code` and `message`; the words are our choice, after its overview page and HTTP. */
const words: Readonly<Record<ErrorCode, string>> = {
  'malformed-request': 'malformed_request',
  'invalid-request': 'invalid_parameter',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  'not-found': 'not_found',
  'method-not-allowed': 'method_not_allowed',
  'request-timeout': 'request_timeout',
  conflict: 'conflict',
  gone: 'gone',
  'payload-too-large': 'payload_too_large',
  'unsupported-media-type': 'unsupported_media_type',
  'rate-limited': 'rate_limited',
  'client-closed': 'client_closed',
  internal: 'internal_error',
  'unsupported-operation': 'not_implemented',
  'content-filter': 'content_filtered',
  'context-overflow': 'conversation_too_long',
  quota: 'service_unavailable',
  'bad-tool-call': 'bad_gateway',
  'unknown-parameter': 'bad_gateway',
  'unauthorised-key': 'bad_gateway',
  'model-missing': 'bad_gateway',
  'upstream-rejected': 'bad_gateway',
  'upstream-failed': 'bad_gateway',
  'upstream-protocol': 'bad_gateway',
  'upstream-unavailable': 'service_unavailable',
  'store-unavailable': 'service_unavailable',
  'shutting-down': 'service_unavailable',
  overloaded: 'service_unavailable',
  'upstream-timeout': 'gateway_timeout',
};

const messages: Readonly<Partial<Record<ErrorCode, string>>> = { unauthenticated: 'Invalid or missing API key' };

type Answer = Pick<WireResponse<ErrorBody>, 'status' | 'body'>;

/** What the framework answers itself, before the vendor's code is asked. */
const framework: Readonly<Partial<Record<ErrorCode, (error: GatewayError) => Answer>>> = {
  'malformed-request': describeUnreadable,
  'invalid-request': describeInvalid,
};

function describeUnreadable({ details: { source } }: GatewayError): Answer {
  const fault = source === undefined ? undefined : findJsonError(source);
  if (fault === undefined) return { status: 400, body: { detail: 'There was an error parsing the body' } };
  const refusal: Refusal = {
    type: 'json_invalid',
    loc: ['body', fault.position],
    msg: 'JSON decode error',
    input: {},
    ctx: { error: fault.message },
  };
  return { status: 422, body: { detail: [refusal] } };
}

/** What no schema refused has no place to name; the vendor's example of such a code answers it. */
function describeInvalid(error: GatewayError): Answer {
  const { violations = [] } = error.details;
  return violations.length === 0
    ? { status: 400, body: describeFailure(error) }
    : { status: 422, body: { detail: describeRefusals(violations) } };
}

function describeFailure({ code, publicMessage }: GatewayError): ErrorBody {
  return { code: words[code], message: messages[code] ?? publicMessage };
}

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'item-discovery/error.json',
  encode(error) {
    const answer = framework[error.code]?.(error) ?? { status: error.traits.status, body: describeFailure(error) };
    return { ...answer, headers: {} };
  },
  decode(response) {
    const body = response.body as ErrorBody; // the caller has put it through `schema`
    return decodeUpstreamStatus(response, 'code' in body ? body.code : firstType(body.detail));
  },
};

function firstType(detail: readonly Refusal[] | string): string | undefined {
  return typeof detail === 'string' ? undefined : detail[0]?.type;
}
