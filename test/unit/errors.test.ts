import { describe, expect, it } from 'vitest';
import { errorCodes, GatewayError, isErrorCode, toGatewayError } from '../../src/errors/index.ts';

/** The design's table. `exposed`: whether a client may see the error's own sentence. */
const table = [
  ['malformed-request', 400, 'final', 'exposed'],
  ['invalid-request', 422, 'final', 'exposed'],
  ['unauthenticated', 401, 'final', 'exposed'],
  ['forbidden', 403, 'final', 'exposed'],
  ['not-found', 404, 'final', 'exposed'],
  ['method-not-allowed', 405, 'final', 'exposed'],
  ['request-timeout', 408, 'retryable', 'exposed'],
  ['conflict', 409, 'final', 'exposed'],
  ['gone', 410, 'final', 'exposed'],
  ['payload-too-large', 413, 'final', 'exposed'],
  ['unsupported-media-type', 415, 'final', 'exposed'],
  ['rate-limited', 429, 'retryable', 'exposed'],
  ['client-closed', 499, 'final', 'hidden'],
  ['internal', 500, 'final', 'hidden'],
  ['unsupported-operation', 501, 'final', 'exposed'],
  ['content-filter', 422, 'final', 'hidden'],
  ['context-overflow', 422, 'final', 'hidden'],
  ['quota', 503, 'final', 'hidden'],
  ['bad-tool-call', 502, 'retryable', 'hidden'],
  ['unknown-parameter', 502, 'final', 'hidden'],
  ['unauthorised-key', 502, 'final', 'hidden'],
  ['model-missing', 502, 'final', 'hidden'],
  ['upstream-rejected', 502, 'final', 'hidden'],
  ['upstream-failed', 502, 'retryable', 'hidden'],
  ['upstream-protocol', 502, 'final', 'hidden'],
  ['upstream-unavailable', 503, 'retryable', 'hidden'],
  ['store-unavailable', 503, 'retryable', 'hidden'],
  ['shutting-down', 503, 'retryable', 'exposed'],
  ['overloaded', 503, 'retryable', 'exposed'],
  ['upstream-timeout', 504, 'retryable', 'hidden'],
] as const;

describe('the error codes', () => {
  it('are those of the design, and no others', () => {
    expect(Object.keys(errorCodes)).toEqual(table.map(([code]) => code));
  });

  it.each(table)('%s is %i, %s, %s', (code, status, retryable, exposed) => {
    expect(errorCodes[code]).toMatchObject({
      status,
      retryable: retryable === 'retryable',
      exposed: exposed === 'exposed',
    });
    const error = new GatewayError(code, 'secret /etc/key');
    expect(error.publicMessage).toBe(exposed === 'exposed' ? 'secret /etc/key' : errorCodes[code].publicMessage);
    expect(errorCodes[code].publicMessage).not.toBe('');
  });

  it('alarm nobody about a client that left', () => {
    expect(errorCodes['client-closed'].level).toBe('info');
  });

  it('are told from other words', () => {
    expect(table.every(([code]) => isErrorCode(code))).toBe(true);
    expect(['', 'Internal', 'constructor', '__proto__'].some(isErrorCode)).toBe(false);
  });
});

describe('toGatewayError', () => {
  it('leaves a gateway error as it is', () => {
    const error = new GatewayError('conflict', 'Taken');
    expect(toGatewayError(error)).toBe(error);
  });

  it.each([new TypeError('secret'), 'secret', undefined, null, { code: 'not-found' }])(
    'makes a bug of %s, and keeps it',
    (thrown) => {
      const error = toGatewayError(thrown);
      expect(error.code).toBe('internal');
      expect(error.details.cause).toBe(thrown);
      expect(error.publicMessage).not.toContain('secret');
    },
  );

  it('keeps the cause where tools look for it', () => {
    const cause = new Error('why');
    expect(new GatewayError('upstream-failed', 'Failed', { cause }).cause).toBe(cause);
    expect('cause' in new GatewayError('upstream-failed', 'Failed')).toBe(false);
  });
});
