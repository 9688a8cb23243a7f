import { describe, expect, it } from 'vitest';
import { itemDiscovery } from '../../../../src/dialects/item-discovery/index.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';
import { errorCodes, GatewayError, isErrorCode } from '../../../../src/errors/index.ts';
import { errorExamples } from '../homie/error-examples.ts';

const exchange = { replyId: '', receivedAt: '2024-06-14T10:05:00Z' };
const guard = schemaGuard('item-discovery/send-message.request.json');
const { errors } = itemDiscovery;

const answer = (body: unknown) => {
  const violations = guard.violations({ params: {}, query: {}, headers: {}, body });
  return errors.encode(new GatewayError('invalid-request', 'Refused', { violations }), exchange);
};
const refusals = (body: unknown) => (answer(body).body as { detail: { type: string; loc: unknown[] }[] }).detail;

describe('an error in item-discovery', () => {
  it.each(errorExamples(itemDiscovery))('is written to the letter: $file', ({ error, wire }) => {
    const { status, headers, body } = errors.encode(error, exchange);
    expect(JSON.stringify({ status, headers, body })).toBe(JSON.stringify(wire));
  });

  it('has a body that its schema accepts, and hides what is not for the client, whatever the code', () => {
    const shape = schemaGuard('item-discovery/error.json');
    for (const code of Object.keys(errorCodes).filter(isErrorCode)) {
      const { body } = errors.encode(new GatewayError(code, 'secret'), exchange);
      expect(shape.violations(body)).toEqual([]);
      if (!errorCodes[code].exposed) expect(JSON.stringify(body)).not.toContain('secret');
    }
    expect(shape.violations(answer({ events: [5] }).body)).toEqual([]);
  });

  it('is a 400 where Python would read the text or none is there to be read', () => {
    const { status } = errors.encode(
      new GatewayError('malformed-request', 'x', { source: '{"limit": NaN}' }),
      exchange,
    );
    expect(status).toBe(400);
  });

  it.each([
    [422, { detail: [{ type: 'missing', loc: ['body', 'message'], msg: 'Field required', input: {} }] }, 'missing'],
    [400, { detail: 'There was an error parsing the body' }, '400'],
    [401, { code: 'unauthorized', message: 'Invalid or missing API key' }, 'unauthorized'],
  ])('from upstream, %i, is never the client’s own', (status, body, said) => {
    const error = errors.decode({ status, headers: {}, body }, exchange);
    expect(error.code).toBe('upstream-rejected');
    expect(error.message).toContain(said);
    expect(error.publicMessage).not.toContain(said);
    expect(error.message, 'a sentence may repeat what a visitor said').not.toContain('Field required');
  });
});

describe('what is refused', () => {
  it('is nothing, where null stands for an optional field or a field is not known', () => {
    const none = { conversation_id: null, session_id: null, user_id: null, events: null, stream: true };
    expect(guard.violations({ body: { message: 'a', ...none } })).toEqual([]);
    expect(guard.violations({ body: { message: 'a', events: [{ timestamp: '', type: '', item_id: null }] } })).toEqual(
      [],
    );
    expect(guard.violations({ body: { message: 'a', conversation_id: '' } })).toEqual([]);
  });

  it('is told once a place, in the order of the fields, events by their numbers', () => {
    const events = Array.from({ length: 12 }, (_, index) =>
      index === 2 || index === 10 ? 5 : { timestamp: '', type: '' },
    );
    expect(refusals({ limit: {}, events }).map(({ loc }) => loc)).toEqual([
      ['body', 'message'],
      ['body', 'events', 2],
      ['body', 'events', 10],
      ['body', 'limit'],
    ]);
  });

  it.each([
    [{ message: '\ud800' }, 'string_unicode'],
    [{ message: 'a', user_id: 'x\ud800' }, 'string_unicode'],
    [{ message: 'a', session_id: 'x\u0000' }, 'string_pattern_mismatch'],
    [null, 'missing'],
  ])('names %j as %s', (body, type) => expect(refusals(body).map((refusal) => refusal.type)).toEqual([type]));

  it('echoes a hostile key and changes nothing by it', () => {
    const body: unknown = JSON.parse('{"__proto__": {"message": "a"}, "limit": 3}');
    expect(JSON.stringify(refusals(body))).toContain('"input":{"__proto__":{"message":"a"},"limit":3}');
  });

  it('is told a hundred times at most, so that an answer stays near the size of its question', () => {
    const detail = refusals({ message: 'a', events: Array.from({ length: 50_000 }, () => 5) });
    expect(detail).toHaveLength(100);
    expect(detail.at(-1)?.loc).toEqual(['body', 'events', 99]);
  });
});
