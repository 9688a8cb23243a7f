import { decodeUpstreamStatus } from '../../dialects/upstream-status.ts';
import type { GatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';
import { fieldsOf, textIn } from './json.ts';

/** The statuses that vendors answer with what they call so. Sources: the vendors' pages of errors. */
const statusOf: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  requests: 429,
  tokens: 429,
  timeout_error: 504,
  overloaded_error: 529,
  server_overloaded: 503,
};

type ErrorField = 'type' | 'code';

/** Our error for a refusal. */
export async function refusalOf(answer: OriginAnswer): Promise<GatewayError> {
  // An error page that is not JSON says no more than its status.
  const document = await answer.document().catch(() => undefined);
  return decodeUpstreamStatus({ ...answer, body: undefined }, nameOf(errorIn(document)));
}

/** Our error for one that came with status 200: in a stream, or as the whole document. */
export function failureOf(error: unknown): GatewayError {
  const { type, code } = fieldsOf<ErrorField>(error);
  const named = statusOf[String(code)] ?? statusOf[String(type)];
  const status = Number(code) >= 400 && Number(code) < 600 ? Number(code) : (named ?? 500);
  return decodeUpstreamStatus({ status, headers: {}, body: undefined }, nameOf(error));
}

/** The error that a document brings, if it brings one. Some servers put it into the document itself. */
export function errorIn(document: unknown): unknown {
  const { error, object } = fieldsOf<'error' | 'object'>(document);
  return object === 'error' ? document : (error ?? undefined);
}

/** The vendor's name for an error, the most exact that there is. */
function nameOf(error: unknown): string | undefined {
  const { type, code } = fieldsOf<ErrorField>(error);
  return textIn(code) ?? textIn(type);
}
