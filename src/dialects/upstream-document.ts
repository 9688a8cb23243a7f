import { parseUpstreamJson } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Guard } from './schema.ts';

/** The JSON in a stream message from upstream. Throws `upstream-protocol` if it is not JSON or not what the schema says. */
export function parseFrame<T>(data: string, guard: Guard<T>): T {
  return checkDocument(parseUpstreamJson(data, 'A stream message'), guard, 'A stream message');
}

/**
 * What an upstream said, if it is what the schema says. A field that is `null` where it should be absent is read as absent.
 * Throws `upstream-protocol`.
 */
export function checkDocument<T>(value: unknown, guard: Guard<T>, what: string): T {
  if (guard.accepts(value)) return value;
  const plain = withoutNulls(value);
  if (guard.accepts(plain)) return plain;
  throw new GatewayError('upstream-protocol', `${what} has an unknown shape`, { violations: guard.violations(plain) });
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(known.map(([key, field]) => [key, withoutNulls(field)]));
}
