import { describe, expect, it } from 'vitest';
import { homie } from '../../../../src/dialects/homie/index.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';
import { errorCodes, GatewayError, isErrorCode } from '../../../../src/errors/index.ts';
import { errorExamples } from './error-examples.ts';

const exchange = { replyId: '', receivedAt: '2025-07-08T16:32:11Z' };

describe('an error in homie', () => {
  it.each(errorExamples(homie))('is written to the letter: $file', ({ error, wire }) => {
    expect(JSON.stringify(homie.errors.encode(error, exchange))).toBe(JSON.stringify(reorder(wire)));
  });

  it('has a body that its schema accepts and a status that the body repeats, whatever the code', () => {
    const guard = schemaGuard<{ statusCode: number }>('homie/error.json');
    for (const code of Object.keys(errorCodes).filter(isErrorCode)) {
      const { status, body } = homie.errors.encode(new GatewayError(code, 'secret'), exchange);
      expect(guard.violations(body)).toEqual([]);
      expect(body).toMatchObject({ statusCode: status });
      if (!errorCodes[code].exposed) expect(JSON.stringify(body)).not.toContain('secret');
    }
  });

  it.each([
    [401, 'Unauthorized', 'upstream-rejected'],
    [429, 'ThrottlerException: Too Many Requests', 'upstream-unavailable'],
    [500, 'Internal server error', 'upstream-failed'],
  ])('from upstream, %i, is never the client’s own', (status, message, code) => {
    const error = homie.errors.decode({ status, headers: {}, body: { statusCode: status, message } }, exchange);
    expect(error.code).toBe(code);
    expect(error.message).toBe(`Upstream answered ${status}`);
    expect(error.publicMessage).not.toContain(message);
  });
});

/** The response's own keys in the order in which the codec writes them; the body's are the contract. */
function reorder(wire: object): object {
  return { status: 0, headers: {}, ...wire };
}
