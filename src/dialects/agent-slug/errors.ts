import type { ErrorCode, GatewayError, Violation } from '../../errors/index.ts';
import type { Codec, WireResponse } from '../dialect.ts';
import { decodeUpstreamStatus } from '../upstream-status.ts';
import type { ErrorBody, ErrorDescription } from './wire.ts';

interface Rendering {
  readonly name: string;
  /** Where it differs from the gateway's. */
  readonly status?: number;
  /** Where it differs from the error's public message. */
  readonly message?: string | ((error: GatewayError) => string);
}

/** Source: seed for 400, 401 and 404 (agent); the rest are the names and sentences of the framework that the vendor evidently uses. */
const renderings: Readonly<Record<ErrorCode, Rendering>> = {
  'malformed-request': { name: 'ValidationError' },
  'invalid-request': { name: 'ValidationError', status: 400, message: describeViolation },
  unauthenticated: { name: 'UnauthorizedError', message: 'Invalid or missing API token' },
  forbidden: { name: 'ForbiddenError' },
  'not-found': { name: 'NotFoundError', message: describeMissing },
  'method-not-allowed': { name: 'MethodNotAllowedError' },
  'request-timeout': { name: 'RequestTimeoutError' },
  conflict: { name: 'ConflictError' },
  gone: { name: 'GoneError' },
  'payload-too-large': { name: 'PayloadTooLargeError' },
  'unsupported-media-type': { name: 'UnsupportedMediaTypeError' },
  'rate-limited': { name: 'RateLimitError', message: 'Too many requests, please try again later.' },
  'client-closed': { name: 'ApplicationError' },
  internal: { name: 'InternalServerError', message: 'Internal Server Error' },
  'unsupported-operation': { name: 'NotImplementedError' },
  'content-filter': { name: 'ValidationError' },
  'context-overflow': { name: 'ValidationError' },
  quota: { name: 'ApplicationError' },
  'bad-tool-call': { name: 'ApplicationError' },
  'unknown-parameter': { name: 'ApplicationError' },
  'unauthorised-key': { name: 'ApplicationError' },
  'model-missing': { name: 'ApplicationError' },
  'upstream-rejected': { name: 'ApplicationError' },
  'upstream-failed': { name: 'ApplicationError' },
  'upstream-protocol': { name: 'ApplicationError' },
  'upstream-unavailable': { name: 'ApplicationError' },
  'store-unavailable': { name: 'ApplicationError' },
  'shutting-down': { name: 'ApplicationError' },
  overloaded: { name: 'ApplicationError' },
  'upstream-timeout': { name: 'ApplicationError' },
};

/** The error object of a body or of a stream message. */
export function describeError(error: GatewayError): ErrorDescription {
  const { name, message } = renderings[error.code];
  const text = typeof message === 'function' ? message(error) : (message ?? error.publicMessage);
  return { name, message: text, details: {} };
}

function describeViolation(error: GatewayError): string {
  const [first] = error.details.violations ?? [];
  return first === undefined ? error.publicMessage : sentence(first);
}

/** `Message field is required` is the seed's; an empty message is as good as none. The others are in the style of the framework's validator. */
function sentence({ path, rule, params, message }: Violation): string {
  const field = path.slice(1).join('.');
  if (field === '') return 'The request body must be an object';
  if (rule === 'required' || (rule === 'minLength' && params['limit'] === 1)) {
    return `${field.charAt(0).toUpperCase()}${field.slice(1)} field is required`;
  }
  return rule === 'maxLength'
    ? `${field} must be at most ${String(params['limit'])} characters`
    : `${field} ${message}`;
}

function describeMissing({ details: { subject }, publicMessage }: GatewayError): string {
  return subject?.kind === 'agent' ? `Agent with slug '${subject.id}' not found` : publicMessage;
}

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'agent-slug/error.json',
  encode: (error) => ({
    status: renderings[error.code].status ?? error.traits.status,
    headers: {},
    body: { data: null, error: describeError(error) } satisfies ErrorBody,
  }),
  decode(response) {
    const { error } = response.body as ErrorBody; // the caller has put it through `schema`
    return decodeUpstreamStatus(response, error.name);
  },
};
