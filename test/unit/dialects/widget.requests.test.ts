import { describe, expect, it } from 'vitest';
import type { WireRequest } from '../../../src/dialects/dialect.ts';
import { schemaGuard } from '../../../src/dialects/schema.ts';
import { collectOperatorMessages } from '../../../src/dialects/widget/collect-operator-messages.ts';
import { errors } from '../../../src/dialects/widget/errors.ts';
import { getBlockStatus } from '../../../src/dialects/widget/get-block-status.ts';
import { listSessionMessages } from '../../../src/dialects/widget/list-session-messages.ts';
import { rateConversation } from '../../../src/dialects/widget/rate-conversation.ts';
import { saveContact, saveEmail } from '../../../src/dialects/widget/save-contact.ts';
import { sendMessage } from '../../../src/dialects/widget/send-message.ts';
import { uploadImage } from '../../../src/dialects/widget/upload-image.ts';
import { errorCodes, GatewayError, isErrorCode, toGatewayError } from '../../../src/errors/index.ts';
import { wireOf } from '../../support/requests.ts';

const exchange = { replyId: 'r', conversationId: '50', receivedAt: '2026-06-03T18:45:00.000Z' };

type Refusing = {
  readonly schema: { readonly request: string };
  readonly request: { decode(wire: WireRequest, at: typeof exchange): unknown };
};

/** What is wrong with each field, as a client reads it; nothing if the request is accepted. */
function fieldErrorsOf(endpoint: Refusing, request: WireRequest): unknown {
  const violations = schemaGuard(endpoint.schema.request).violations(request);
  try {
    if (violations.length > 0) throw new GatewayError('invalid-request', 'x', { violations });
    endpoint.request.decode(request, exchange);
    return undefined;
  } catch (thrown) {
    const { status, body } = errors.encode(toGatewayError(thrown), exchange);
    expect(status).toBe(422);
    expect(schemaGuard(errors.schema).violations(body)).toEqual([]);
    expect(body).toMatchObject({ success: false, error: 'Validation failed' });
    return Object.fromEntries(Object.entries(body ?? {}))['errors'];
  }
}

const says = (body: object) => wireOf({ body: { session_id: 's', ...body } });

describe('requests of the widget', () => {
  it('name the session in the body or the query, in either spelling, the body and snake_case first', () => {
    const sessionOf = (request: WireRequest) => sendMessage.request.decode(request, exchange).participant.sessionId;
    expect(sessionOf(wireOf({ body: { session_id: 'a', sessionId: 'b', message: 'x' } }))).toBe('a');
    expect(sessionOf(wireOf({ body: { sessionId: 'b', message: 'x' }, query: { session_id: 'c' } }))).toBe('b');
    expect(sessionOf(wireOf({ body: { message: 'x' }, query: { sessionId: 'd' } }))).toBe('d');
    expect(fieldErrorsOf(sendMessage, wireOf({ body: { message: 'x' }, query: { sessionId: 'd' } }))).toBeUndefined();
    expect(getBlockStatus.request.decode(wireOf({ query: { sessionId: 'e' } }), exchange).participant.sessionId).toBe(
      'e',
    );
  });

  it('are told every field that is missing, under its documented name', () => {
    expect(fieldErrorsOf(sendMessage, wireOf({ body: {} }))).toEqual({
      session_id: 'The session_id field is required',
      message: 'The message field is required',
    });
    expect(fieldErrorsOf(listSessionMessages, wireOf({}))).toEqual({ session_id: 'The session_id field is required' });
    expect(fieldErrorsOf(uploadImage, says({}))).toEqual({ image: 'The image field is required' });
  });

  it.each([
    [sendMessage, says({ message: '' }), { message: 'The message field is required' }],
    [sendMessage, says({ message: 5 }), { message: 'The message field must be of type string' }],
    [sendMessage, wireOf({ body: [], query: { session_id: 's' } }), { body: 'The request body must be a JSON object' }],
    [sendMessage, wireOf({}), { body: 'The request body must be a JSON object' }],
    [
      sendMessage,
      says({ message: 'x', sessionId: '\u0000' }),
      { session_id: 'The session_id field has characters that are not allowed' },
    ],
    [
      sendMessage,
      says({ message: 'x', imageUrl: 'javascript:x' }),
      { image_url: 'The image_url must be an http or https address' },
    ],
    [rateConversation, says({ score: 6 }), { score: 'The score must be an integer from 1 to 5' }],
    [rateConversation, says({ score: 0 }), { score: 'The score must be an integer from 1 to 5' }],
    [rateConversation, says({ score: 4.5 }), { score: 'The score must be an integer from 1 to 5' }],
    [rateConversation, says({}), { score: 'The score field is required' }],
    [saveEmail, says({ email: 'jane' }), { email: 'The email must be a valid email address' }],
    [saveContact, says({ email: 'jane' }), { email: 'The email must be a valid email address' }],
    [saveContact, says({ phone: 'call me' }), { phone: 'The phone must be a valid phone number' }],
    [
      listSessionMessages,
      wireOf({ query: { session_id: 's', limit: '201' } }),
      { limit: 'The limit must be a whole number from 1 to 200' },
    ],
    [
      collectOperatorMessages,
      wireOf({ query: { session_id: 's', afterId: 'x' } }),
      { after_id: 'The after_id must be a whole number' },
    ],
    [
      collectOperatorMessages,
      wireOf({ query: { session_id: 's', since: '2026-99-99' } }),
      { since: 'The since must be an ISO 8601 time' },
    ],
  ])('are refused with 422 (%#)', (endpoint, request, fields) => {
    expect(fieldErrorsOf(endpoint, request)).toEqual(fields);
  });

  it('for the history take up to 200 messages at once', () => {
    expect(fieldErrorsOf(listSessionMessages, wireOf({ query: { session_id: 's', limit: '200' } }))).toBeUndefined();
  });

  it('are told one thing about a field, however much is wrong with it', () => {
    const twice = wireOf({ body: { session_id: 's', message: 'x', lang: '\u0000'.repeat(99) } });
    expect(schemaGuard(sendMessage.schema.request).violations(twice)).toHaveLength(2);
    expect(fieldErrorsOf(sendMessage, twice)).toEqual({
      lang: 'The lang field must not have more than 64 characters',
    });
  });

  it('need an email address or a phone number, and take an empty one for none', () => {
    const neither = 'An email address or a phone number is required';
    expect(fieldErrorsOf(saveContact, says({ name: 'Jane', email: '' }))).toEqual({ email: neither, phone: neither });
    const request = says({ email: 'jane@example.com', phone: '', name: null });
    expect(fieldErrorsOf(saveContact, request)).toBeUndefined();
    expect(saveContact.request.decode(request, exchange).contact).toEqual({ email: 'jane@example.com' });
  });

  it('read the inbox after a message or a time, also one whose plus sign was not escaped', () => {
    const inbox = (query: object) =>
      collectOperatorMessages.request.decode(wireOf({ query: { session_id: 's', ...query } }), exchange);
    expect(inbox({})).toEqual({ participant: { sessionId: 's' } });
    for (const name of ['after_id', 'afterId', 'last_id', 'lastId'])
      expect(inbox({ [name]: '7' }).afterSequence).toBe(7);
    expect(inbox({ since: '2026-06-03T19:00:00 00:00' }).since).toBe('2026-06-03T19:00:00.000Z');
    expect(inbox({ since: '2026-06-03T21:00:00+02:00' }).since).toBe('2026-06-03T19:00:00.000Z');
  });

  it('give uploaded bytes through untouched', () => {
    const bytes = new Uint8Array([137, 80, 78, 71]);
    const request = says({ image: { bytes } });
    expect(fieldErrorsOf(uploadImage, request)).toBeUndefined();
    expect(uploadImage.request.decode(request, exchange).image.bytes).toBe(bytes);
  });
});

describe('errors of the widget', () => {
  it('say that it did not succeed before all else', () => {
    for (const code of Object.keys(errorCodes).filter(isErrorCode)) {
      const { body } = errors.encode(new GatewayError(code, 'x'), exchange);
      expect(JSON.stringify(body)).toMatch(/^\{"success":false,"error":"[^"]+"/);
    }
  });

  it('tell a wait that is long enough', () => {
    const limited = new GatewayError('rate-limited', 'Too many requests', { retryAfterMs: 1_001 });
    expect(errors.encode(limited, { ...exchange, receivedAt: '2026-06-03T18:45:00.500Z' }).body).toMatchObject({
      retry_after: 2,
      blocked_until: '2026-06-03T18:45:02+00:00',
    });
  });

  it('never show a text that is not meant for clients', () => {
    const { body } = errors.encode(new GatewayError('upstream-rejected', 'secret /etc/key'), exchange);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});
