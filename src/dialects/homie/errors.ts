import type { ErrorCode, GatewayError, Subject, Violation } from '../../errors/index.ts';
import type { Codec, WireResponse } from '../dialect.ts';
import { decodeUpstreamStatus } from '../upstream-status.ts';
import type { ErrorBody } from './wire.ts';

type Rendering = (error: GatewayError) => ErrorBody;

/** An exception thrown with a sentence: the sentence, the status in words, the status. */
const named =
  (reason: string, sentence?: ErrorBody['message']): Rendering =>
  (error) => ({ message: sentence ?? error.publicMessage, error: reason, statusCode: error.traits.status });

/** Source: the framework that the vendor evidently uses; the rest of the names are HTTP's. */
const renderings: Readonly<Record<ErrorCode, Rendering>> = {
  'malformed-request': named('Bad Request'),
  'invalid-request': refuse,
  unauthenticated: () => ({ message: 'Unauthorized', statusCode: 401 }),
  forbidden: named('Forbidden', 'Forbidden resource'),
  'not-found': (error) => named('Not Found', describeMissing(error))(error),
  'method-not-allowed': named('Method Not Allowed'),
  'request-timeout': named('Request Timeout'),
  conflict: named('Conflict'),
  gone: named('Gone'),
  'payload-too-large': named('Payload Too Large'),
  'unsupported-media-type': named('Unsupported Media Type'),
  'rate-limited': () => ({ statusCode: 429, message: 'ThrottlerException: Too Many Requests' }),
  'client-closed': named('Client Closed Request'),
  internal: () => ({ statusCode: 500, message: 'Internal server error' }),
  'unsupported-operation': named('Not Implemented'),
  'content-filter': named('Unprocessable Entity'),
  'context-overflow': named('Unprocessable Entity'),
  quota: named('Service Unavailable'),
  'bad-tool-call': named('Bad Gateway'),
  'unknown-parameter': named('Bad Gateway'),
  'unauthorised-key': named('Bad Gateway'),
  'model-missing': named('Bad Gateway'),
  'upstream-rejected': named('Bad Gateway'),
  'upstream-failed': named('Bad Gateway'),
  'upstream-protocol': named('Bad Gateway'),
  'upstream-unavailable': named('Service Unavailable'),
  'store-unavailable': named('Service Unavailable'),
  'shutting-down': named('Service Unavailable'),
  overloaded: named('Service Unavailable'),
  'upstream-timeout': named('Gateway Timeout'),
};

/** An id in the path is looked at before the body, and alone. */
function refuse({ details: { violations = [] }, publicMessage }: GatewayError): ErrorBody {
  const inPath = violations.some(({ path }) => path[0] === 'params');
  const sentences = violations.length > 0 ? describeViolations(violations) : publicMessage;
  const message = inPath ? 'Validation failed (uuid is expected)' : sentences;
  return { message, error: 'Bad Request', statusCode: 400 };
}

/** A route's id is its method and path, `GET /v1/x`. */
const missing: Readonly<Partial<Record<Subject['kind'], (id: string) => string>>> = {
  conversation: () => 'Chat not found',
  agent: () => 'Chatbot not found',
  route: (id) => `Cannot ${id}`,
};

function describeMissing({ details: { subject }, publicMessage }: GatewayError): string {
  return (subject && missing[subject.kind]?.(subject.id)) ?? publicMessage;
}

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'homie/error.json',
  encode(error) {
    const body = renderings[error.code](error);
    return { status: body.statusCode, headers: {}, body };
  },
  // All that it says beside the status is a sentence.
  decode: (response) => decodeUpstreamStatus(response),
};

/** Sentences of class-validator, without the field's name; those for pages and for whole bodies are our choice in its style. */
const sentences: Readonly<Record<string, (violation: Violation) => string>> = {
  required: ({ path }) => (path.length === 1 ? 'should not be empty' : 'must be a string'),
  type: ({ path }) => (path.length === 1 ? 'must be an object' : 'must be a string'),
  minLength: () => 'should not be empty',
  maxLength: ({ params }) => `must be shorter than or equal to ${String(params['limit'])} characters`,
  pattern: (violation) => (violation.path[0] === 'query' ? describeNumber(violation) : 'must be a UUID'),
};

/** The largest page and the largest sizes that the request's schema admits. Our choice. */
const largest: Readonly<Record<string, number>> = { page: 999_999, size: 100, limit: 100 };

function describeNumber({ path, value }: Violation): string {
  const text = String(value);
  if (!/^-?\d+$/.test(text)) return 'must be an integer number';
  return Number(text) < 1 ? 'must not be less than 1' : `must not be greater than ${largest[String(path[1])] ?? ''}`;
}

/** One sentence a violation, each beginning with the field's name. Source: the framework's validation, `currentUrl must be a string`. */
export function describeViolations(violations: readonly Violation[]): string[] {
  return violations.map((violation) => {
    const sentence = sentences[violation.rule]?.(violation) ?? violation.message;
    return `${String(violation.path.at(-1))} ${sentence}`;
  });
}
