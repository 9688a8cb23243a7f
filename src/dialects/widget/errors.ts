import type { ErrorCode, GatewayError } from '../../errors/index.ts';
import type { Codec, Exchange, WireResponse } from '../dialect.ts';
import { decodeUpstreamStatus } from '../upstream-status.ts';
import { timestamp } from './message.ts';
import { describeFields } from './violation.ts';
import type { ErrorBody } from './wire.ts';

/** Where the sentence differs from the error's public message. Source: vendor's page on responses for `Validation failed`. */
const sentences: Partial<Readonly<Record<ErrorCode, string | ((error: GatewayError) => string)>>> = {
  'invalid-request': 'Validation failed',
  'not-found': describeMissing,
};

/** What a client is told about an error, in an answer or in a stream. */
export function describeError(error: GatewayError): string {
  const sentence = sentences[error.code] ?? error.publicMessage;
  return typeof sentence === 'function' ? sentence(error) : sentence;
}

function describeMissing({ details: { subject }, publicMessage }: GatewayError): string {
  return subject?.kind === 'site' ? 'Site not found' : publicMessage;
}

/** What an error tells beside its sentence. */
function describeDetails(error: GatewayError, exchange: Exchange): Omit<ErrorBody, 'success' | 'error'> {
  const { violations = [], retryAfterMs } = error.details;
  if (error.code === 'invalid-request') return { errors: describeFields(violations) };
  if (error.code === 'rate-limited' && retryAfterMs !== undefined) return describeWait(retryAfterMs, exchange);
  return {};
}

/** Rounded up: whoever waits as long as told is let in. Source: vendor's page on authentication. */
function describeWait(milliseconds: number, { receivedAt }: Exchange) {
  const end = Math.ceil((Date.parse(receivedAt) + milliseconds) / 1000) * 1000;
  return {
    retry_after: Math.max(1, Math.ceil(milliseconds / 1000)),
    blocked_until: timestamp.encode(new Date(end).toISOString()),
  };
}

export const errors: Codec<WireResponse, GatewayError> & { readonly schema: string } = {
  schema: 'widget/error.json',
  encode: (error, exchange) => ({
    status: error.traits.status,
    headers: {},
    body: {
      success: false,
      error: describeError(error),
      ...describeDetails(error, exchange),
    } satisfies ErrorBody,
  }),
  // All that it says beside the status is a sentence.
  decode: (response) => decodeUpstreamStatus(response),
};
