import type { ErrorCode } from '../errors/index.ts';

/** What follows when a backend fails with a code before anything of its reply was delivered. */
export interface Consequences {
  /** Whether it brings the backend's breaker nearer to opening. */
  readonly breaks: boolean;
  /** Whether the next backend of a fallback is asked. */
  readonly switches: boolean;
}

/** Nobody else would do better: the turn itself is at fault, or nobody waits for an answer. */
const final: Consequences = { breaks: false, switches: false };
/** This backend will not answer this turn, and is in good health. */
const elsewhere: Consequences = { breaks: false, switches: true };
/** This backend is not in good health. */
const ill: Consequences = { breaks: true, switches: true };

/** What follows from each way to fail. */
export const consequences: Readonly<Record<ErrorCode, Consequences>> = {
  'malformed-request': final,
  'invalid-request': final,
  unauthenticated: final,
  forbidden: final,
  'not-found': final,
  'method-not-allowed': final,
  gone: final,
  'request-timeout': final,
  conflict: final,
  'payload-too-large': final,
  'unsupported-media-type': final,
  'client-closed': final,
  'store-unavailable': final,
  'shutting-down': final,
  overloaded: final,
  'rate-limited': elsewhere,
  'unsupported-operation': elsewhere,
  'content-filter': elsewhere,
  'context-overflow': elsewhere,
  quota: elsewhere,
  'bad-tool-call': elsewhere,
  'unknown-parameter': elsewhere,
  'unauthorised-key': elsewhere,
  'model-missing': elsewhere,
  'upstream-rejected': elsewhere,
  internal: ill,
  'upstream-failed': ill,
  'upstream-protocol': ill,
  'upstream-unavailable': ill,
  'upstream-timeout': ill,
};
