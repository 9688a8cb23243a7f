import { NoSuchKey, S3ServiceException } from '@aws-sdk/client-s3';
import { GatewayError } from '../../errors/index.ts';

/** Whether a bucket said that it has no object of that name. A bucket that is not there says something else. */
export function isNoSuchKey(thrown: unknown): boolean {
  return thrown instanceof NoSuchKey;
}

/**
 * What a bucket or the way to it threw, as `store-unavailable`. Only codes, names and the status are told: sentences are the
 * bucket's, and may hold the parts of a signature.
 */
export function bucketFailure(what: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const status = thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
  const facts = [wordOf(thrown, 'code') ?? wordOf(thrown, 'name'), status].filter((fact) => fact !== undefined);
  return new GatewayError('store-unavailable', `${what}: ${facts.join(', ') || 'for an unknown reason'}`);
}

/** Longer ones, or ones with spaces, would be sentences. */
const word = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

function wordOf(thrown: unknown, field: 'code' | 'name'): string | undefined {
  const value: unknown = thrown instanceof Error ? Reflect.get(thrown, field) : undefined;
  return typeof value === 'string' && word.test(value) ? value : undefined;
}
