import { type ErrorCode, type ErrorTraits, errorCodes } from './codes.ts';

/** One thing that a schema refused. `path` begins with where it was: `body`, `query`, `params`, `headers`. */
export interface Violation {
  readonly path: readonly (string | number)[];
  /** The JSON Schema keyword: `required`, `type`, `minLength`, … */
  readonly rule: string;
  /** The keyword's own parameters, as the schema has them: `{ limit: 1 }`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What stands at `path`; for `required`, the object that lacks the field. */
  readonly value: unknown;
  readonly message: string;
}

/** What an error is about, for dialects that name it. */
export interface Subject {
  readonly kind: 'conversation' | 'reply' | 'item' | 'agent' | 'site' | 'user' | 'route' | 'image' | 'migration';
  readonly id: string;
}

export interface GatewayErrorDetails {
  readonly cause?: unknown;
  readonly violations?: readonly Violation[];
  readonly subject?: Subject;
  readonly retryAfterMs?: number;
  /** The status by which an upstream refused, where it did. */
  readonly upstreamStatus?: number;
  /** The text that was not JSON. */
  readonly source?: string;
  /** What is lacking, in words that anybody may read. */
  readonly lack?: string;
  /** Methods that the path does have, for `method-not-allowed`. */
  readonly allow?: readonly string[];
}

/** The only error that the gateway throws on purpose. `message` says what happened, to what, and what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: GatewayErrorDetails;

  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get traits(): ErrorTraits {
    return errorCodes[this.code];
  }

  /** The only text about this error that a client may see. */
  get publicMessage(): string {
    return this.traits.exposed ? this.message : this.traits.publicMessage;
  }
}

/** Any thrown thing as a `GatewayError`; what we did not throw on purpose is `internal`. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError
    ? thrown
    : new GatewayError('internal', 'Unexpected failure', { cause: thrown });
}
