export interface ErrorTraits {
  /** HTTP status, where the dialect has no other. */
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Whether the error's own sentence may be shown; `publicMessage` is shown instead where it may not. */
  readonly exposed: boolean;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What is said to a client when nothing more exact may be. */
  readonly publicMessage: string;
}

const traits = (
  status: number,
  level: ErrorTraits['level'],
  publicMessage: string,
  rest: { readonly retryable?: true; readonly hidden?: true } = {},
): ErrorTraits => ({ status, level, publicMessage, retryable: rest.retryable ?? false, exposed: !rest.hidden });

/** Every way in which a call can fail. */
export const errorCodes = {
  'malformed-request': traits(400, 'info', 'The request body is not valid JSON'),
  'invalid-request': traits(422, 'info', 'The request is not valid'),
  unauthenticated: traits(401, 'info', 'Invalid or missing credentials'),
  forbidden: traits(403, 'info', 'Not allowed'),
  'not-found': traits(404, 'info', 'Not found'),
  'method-not-allowed': traits(405, 'info', 'Method not allowed'),
  'request-timeout': traits(408, 'info', 'The request took too long to come', { retryable: true }),
  conflict: traits(409, 'info', 'The request conflicts with the current state'),
  gone: traits(410, 'info', 'This API is gone'),
  'payload-too-large': traits(413, 'info', 'The request is too large'),
  'unsupported-media-type': traits(415, 'info', 'Unsupported media type'),
  'rate-limited': traits(429, 'info', 'Too many requests', { retryable: true }),
  'client-closed': traits(499, 'info', 'The client closed the connection', { hidden: true }),
  internal: traits(500, 'error', 'Internal server error', { hidden: true }),
  'unsupported-operation': traits(501, 'info', 'Not implemented'),
  'content-filter': traits(422, 'info', 'This message cannot be answered', { hidden: true }),
  'context-overflow': traits(422, 'warn', 'The conversation is too long to be answered', { hidden: true }),
  quota: traits(503, 'error', 'The service is unavailable at the moment', { hidden: true }),
  'bad-tool-call': traits(502, 'warn', 'The answer could not be obtained', { hidden: true, retryable: true }),
  'unknown-parameter': traits(502, 'error', 'The answer could not be obtained', { hidden: true }),
  'unauthorised-key': traits(502, 'error', 'The answer could not be obtained', { hidden: true }),
  'model-missing': traits(502, 'error', 'The answer could not be obtained', { hidden: true }),
  'upstream-rejected': traits(502, 'error', 'The answer could not be obtained', { hidden: true }),
  'upstream-failed': traits(502, 'warn', 'The answer could not be obtained', { hidden: true, retryable: true }),
  'upstream-protocol': traits(502, 'error', 'The answer could not be read', { hidden: true }),
  'upstream-unavailable': traits(503, 'warn', 'The service is unavailable at the moment', {
    hidden: true,
    retryable: true,
  }),
  'store-unavailable': traits(503, 'error', 'The service is unavailable at the moment', {
    hidden: true,
    retryable: true,
  }),
  'shutting-down': traits(503, 'info', 'The service is closing, please try again', { retryable: true }),
  overloaded: traits(503, 'debug', 'The service has too much to do at the moment, please try again', {
    retryable: true,
  }),
  'upstream-timeout': traits(504, 'warn', 'The answer took too long', { hidden: true, retryable: true }),
} as const satisfies Readonly<Record<string, ErrorTraits>>;

export type ErrorCode = keyof typeof errorCodes;

/** Whether a stored or received text is one of our codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}
