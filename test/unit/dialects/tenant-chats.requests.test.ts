import { describe, expect, it } from 'vitest';
import type { WireRequest } from '../../../src/dialects/dialect.ts';
import { schemaGuard } from '../../../src/dialects/schema.ts';
import { createConversation } from '../../../src/dialects/tenant-chats/create-conversation.ts';
import { errors } from '../../../src/dialects/tenant-chats/errors.ts';
import { getConversation } from '../../../src/dialects/tenant-chats/get-conversation.ts';
import { tenantChats } from '../../../src/dialects/tenant-chats/index.ts';
import { listConversations } from '../../../src/dialects/tenant-chats/list-conversations.ts';
import { listMessages } from '../../../src/dialects/tenant-chats/list-messages.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { failureOf, wireOf } from '../../support/requests.ts';

const chat = 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d';
const exchange = { replyId: 'r', conversationId: chat, receivedAt: '2024-01-15T10:30:00.000Z' };

/** What is answered to a request that the schema refuses. */
function refusalOf(endpoint: { readonly schema: { readonly request: string } }, request: WireRequest) {
  const violations = schemaGuard(endpoint.schema.request).violations(request);
  expect(violations).not.toEqual([]);
  return errors.encode(new GatewayError('invalid-request', 'x', { violations }), exchange);
}

describe('requests of tenant-chats', () => {
  it('can be created with and without the slash, and a list of a user is no chat', () => {
    const paths = tenantChats.endpoints.map((endpoint) => `${endpoint.method} ${endpoint.paths.join(' ')}`);
    expect(paths).toEqual([
      'POST /api/v1/chats/ /api/v1/chats',
      'GET /api/v1/chats/user/:user_id',
      'GET /api/v1/chats/:chat_id',
      'GET /api/v1/chats/:chat_id/messages',
      'DELETE /api/v1/chats/:chat_id',
    ]);
  });

  it.each([null, undefined])('take %j for an absent title and absent metadata', (absent) => {
    const body = { user_id: 'user123', title: absent, metadata: absent };
    expect(createConversation.request.decode(wireOf({ body }), exchange)).toEqual({
      participant: { userId: 'user123' },
      metadata: {},
    });
  });

  it.each([
    [{}, "Field 'user_id' is required"],
    [{ user_id: '' }, "Field 'user_id' must not be empty"],
    [{ user_id: 7 }, "Field 'user_id' must be of type string"],
    [{ user_id: 'a\u0000b' }, "Field 'user_id' has characters that are not allowed"],
    [{ user_id: 'a\ud800b' }, "Field 'user_id' has characters that are not allowed"],
    [{ user_id: 'u', metadata: [] }, "Field 'metadata' must be of type object"],
    [{ user_id: 'u', title: 5 }, "Field 'title' must be of type string"],
    [[], 'A JSON object is expected'],
    [undefined, 'A JSON object is expected'],
    [{ title: 5 }, "Field 'user_id' is required; Field 'title' must be of type string"],
  ])('are refused with 400 and a sentence where the body is %j', (body, detail) => {
    expect(refusalOf(createConversation, wireOf({ body }))).toEqual({ status: 400, headers: {}, body: { detail } });
  });

  it('are refused where metadata is nested deeper than 32 levels', () => {
    const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });
    const create = (levels: number) =>
      createConversation.request.decode(wireOf({ body: { user_id: 'u', metadata: nested(levels) } }), exchange);
    expect(create(32).metadata).toEqual(nested(32));
    expect(() => create(33)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it.each(['12345678901234567890', '-9007199254740993', '1e400', '9007199254740992'])(
    'are refused where a number in metadata would come back as another: %s (clients/16-numbers)',
    (number) => {
      for (const text of [`{"n":${number}}`, `{"a":[{"n":[${number}]}]}`]) {
        const body = { user_id: 'u', metadata: JSON.parse(text) as object };
        const failure = failureOf(() => createConversation.request.decode(wireOf({ body }), exchange));
        expect(errors.encode(failure, exchange).status).toBe(400);
      }
    },
  );

  it('take other numbers in metadata as they are', () => {
    const metadata = { n: [9007199254740991, -1, 0.1, 1e-7, 59.99, 0] };
    expect(createConversation.request.decode(wireOf({ body: { user_id: 'u', metadata } }), exchange).metadata).toEqual(
      metadata,
    );
  });

  it('are refused where metadata is more than 16 KiB of JSON, in bytes', () => {
    const create = (text: string) =>
      createConversation.request.decode(wireOf({ body: { user_id: 'u', metadata: { a: text } } }), exchange);
    const room = 16_384 - '{"a":""}'.length;
    expect(create('x'.repeat(room)).metadata).toHaveProperty('a');
    for (const text of ['x'.repeat(room + 1), 'é'.repeat(room / 2 + 1), '\u0000'.repeat(room / 6 + 1)]) {
      const refusal = errors.encode(
        failureOf(() => create(text)),
        exchange,
      );
      const detail = "Field 'metadata' must be at most 16384 bytes of JSON";
      expect(refusal).toMatchObject({ status: 400, body: { detail } });
    }
  });

  it('read a page in each list’s own order unless they name one', () => {
    const chats = listConversations.request.decode(wireOf({ params: { user_id: 'u' } }), exchange);
    const messages = listMessages.request.decode(
      wireOf({ params: { chat_id: chat }, query: { order: 'desc' } }),
      exchange,
    );
    expect(chats.page).toEqual({ offset: 0, limit: 50, order: 'descending' });
    expect(messages.page).toEqual({ offset: 0, limit: 50, order: 'descending' });
    expect(listMessages.request.decode(wireOf({ params: { chat_id: chat } }), exchange).page.order).toBe('ascending');
  });

  it.each([
    [{ limit: '101' }, "Query parameter 'limit' must be a whole number in its range"],
    [{ limit: '0' }, "Query parameter 'limit' must be a whole number in its range"],
    [{ limit: ['1', '2'] }, "Query parameter 'limit' must be of type string"],
    [{ offset: '-1' }, "Query parameter 'offset' must be a whole number in its range"],
    [{ order: 'up' }, "Query parameter 'order' must be one of asc, desc"],
  ])('for messages are refused with 400 where the query is %j', (query, detail) => {
    const refusal = refusalOf(listMessages, wireOf({ params: { chat_id: chat }, query }));
    expect(refusal).toMatchObject({ status: 400, body: { detail } });
  });

  it('accept 100 messages and 200 chats at once, and no more', () => {
    const messages = wireOf({ params: { chat_id: chat }, query: { limit: '100' } });
    const chats = wireOf({ params: { user_id: 'u' }, query: { limit: '200' } });
    expect(schemaGuard(listMessages.schema.request).violations(messages)).toEqual([]);
    expect(schemaGuard(listConversations.schema.request).violations(chats)).toEqual([]);
    for (const limit of ['0', '201', '1000', '']) {
      expect(schemaGuard(listConversations.schema.request).violations({ ...chats, query: { limit } })).toHaveLength(1);
    }
  });

  it('answer 404 for an id that is no UUID, however long or odd, and read one in upper case', () => {
    for (const id of ['conv_1', '', 'x'.repeat(5_000), `${chat}0`, 'a\u0000b', '..']) {
      const decode = () => getConversation.request.decode(wireOf({ params: { chat_id: id } }), exchange);
      expect(decode).toThrow(expect.objectContaining({ code: 'not-found' }));
    }
    const shouted = wireOf({ params: { chat_id: chat.toUpperCase() } });
    expect(getConversation.request.decode(shouted, exchange)).toEqual({ conversationId: chat });
  });
});
