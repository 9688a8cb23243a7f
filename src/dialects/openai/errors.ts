import type { ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Codec, Exchange, WireResponse } from '../dialect.ts';
import { refusalError } from '../vendor-failures.ts';
import { previousIn } from './response-parameters.ts';
import { describeViolation } from './violation.ts';
import type { ErrorBody, ErrorDescription } from './wire.ts';

interface Rendering {
  /** Where it differs from the gateway's. */
  readonly status?: number;
  readonly type: 'invalid_request_error' | 'request_forbidden' | 'requests' | 'server_error';
  readonly code?: string;
  /** Where it differs from the error's public message. */
  readonly describe?: (error: GatewayError, exchange: Exchange) => Partial<ErrorDescription>;
}

const invalid = { type: 'invalid_request_error' } as const;
const failed = { type: 'server_error' } as const;

/** Source: the vendor's page of error codes, and what its servers answer. */
const renderings: Readonly<Record<ErrorCode, Rendering>> = {
  'malformed-request': {
    ...invalid,
    describe: () => ({ message: 'We could not parse the JSON body of your request. The API expects a JSON payload.' }),
  },
  'invalid-request': {
    ...invalid,
    status: 400,
    describe: ({ details }) => describeViolation(details.violations ?? []) ?? {},
  },
  unauthenticated: {
    ...invalid,
    code: 'invalid_api_key',
    describe: () => ({ message: 'Incorrect API key provided, or none: send it as Authorization: Bearer YOUR_KEY.' }),
  },
  forbidden: { type: 'request_forbidden' },
  'not-found': { ...invalid, describe: describeMissing },
  'method-not-allowed': { ...invalid, code: 'method_not_supported' },
  'request-timeout': invalid,
  conflict: invalid,
  gone: invalid,
  'payload-too-large': invalid,
  'unsupported-media-type': invalid,
  'rate-limited': { type: 'requests', code: 'rate_limit_exceeded', describe: describeLimit },
  'client-closed': failed,
  internal: {
    ...failed,
    describe: () => ({ message: 'The server had an error while processing your request. Sorry about that!' }),
  },
  'unsupported-operation': invalid,
  'content-filter': { ...invalid, status: 400, code: 'content_filter' },
  'context-overflow': { ...invalid, status: 400, code: 'context_length_exceeded' },
  quota: failed,
  'bad-tool-call': failed,
  'unknown-parameter': failed,
  'unauthorised-key': failed,
  'model-missing': failed,
  'upstream-rejected': failed,
  'upstream-failed': failed,
  'upstream-protocol': failed,
  'upstream-unavailable': failed,
  'store-unavailable': failed,
  'shutting-down': failed,
  overloaded: failed,
  'upstream-timeout': failed,
};

/** The error object of a body or of a stream message. */
export function describeError(error: GatewayError, exchange: Exchange): ErrorDescription {
  const { type, code = null, describe } = renderings[error.code];
  return { message: error.publicMessage, type, param: null, code, ...describe?.(error, exchange) };
}

/** What is missing, by its kind. Source: vendor, for sentences, codes and parameters. */
function describeMissing({ details: { subject } }: GatewayError, { turn = {} }: Exchange): Partial<ErrorDescription> {
  switch (subject?.kind) {
    case 'agent':
      return {
        message: `The model \`${subject.id}\` does not exist or you do not have access to it.`,
        code: 'model_not_found',
      };
    case 'route':
      return { message: `Invalid URL (${subject.id})` };
    case 'reply':
      return {
        message: `Previous response with id '${previousIn(turn) ?? subject.id}' not found.`,
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      };
    case 'item': {
      const hint =
        'Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.';
      return { message: `Item with id '${subject.id}' not found. ${hint}`, param: 'input' };
    }
    default:
      return {};
  }
}

function describeLimit({ details: { retryAfterMs }, publicMessage }: GatewayError): Partial<ErrorDescription> {
  if (retryAfterMs === undefined) return {};
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return { message: `${publicMessage}. Please try again in ${seconds}s.` };
}

/** What a request goes on from is a part of it: a response that is not there is a wrong request. Source: vendor. */
const statusOf = ({ code, details: { subject }, traits }: GatewayError): number =>
  subject?.kind === 'reply' ? 400 : (renderings[code].status ?? traits.status);

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'openai/error.json',
  encode: (error, exchange) => ({
    status: statusOf(error),
    // The vendor's clients ask again after any 409 and 5xx, unless they are told that it is no use.
    headers: error.traits.retryable ? {} : { 'x-should-retry': 'false' },
    body: { error: describeError(error, exchange) } satisfies ErrorBody,
  }),
  decode(response) {
    const { error } = response.body as ErrorBody; // the caller has put it through `schema`
    return refusalError({ status: response.status, headers: response.headers, error });
  },
};
