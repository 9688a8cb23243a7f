import type { WireRequest } from '../../src/dialects/dialect.ts';
import { type GatewayError, toGatewayError } from '../../src/errors/index.ts';

/** A request of which only these parts are not empty. */
export function wireOf(parts: Partial<WireRequest>): WireRequest {
  return { params: {}, query: {}, headers: {}, body: undefined, ...parts };
}

/** The error that a call ends with. Throws if it ends with none. */
export function failureOf(call: () => unknown): GatewayError {
  try {
    call();
  } catch (thrown) {
    return toGatewayError(thrown);
  }
  throw new Error('The call did not fail');
}
