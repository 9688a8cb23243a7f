import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { followConversation } from '../../../src/dialects/tenant-chats/follow-conversation.ts';
import { type ErrorCode, errorCodes, GatewayError, isErrorCode } from '../../../src/errors/index.ts';
import { failureOf } from '../../support/requests.ts';

const chat = 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d';
const exchange = { replyId: 'r', conversationId: chat, receivedAt: '2024-01-15T10:30:00.000Z' };
const { inbound, request, closeCode } = followConversation;
const nothing = { params: {}, query: {}, headers: {}, body: undefined };

const describeFailure = (error: GatewayError): unknown => {
  const [frame] = [...followConversation.events.failure(error, exchange)];
  return JSON.parse(frame?.data ?? '');
};

describe('what a tenant-chats client says over a socket', () => {
  it('is a turn of the chat, its metadata carried as extra', () => {
    const frames = readFileSync('test/golden/tenant-chats/follow-conversation.documented.inbound.txt', 'utf8');
    const turns = frames
      .trim()
      .split('\n')
      .map((frame) => inbound.decode(frame, exchange));
    expect(turns).toMatchObject([
      { text: 'Hello, I need help', conversationId: chat, delivery: 'stream' },
      { text: 'Hello, I need help', extra: { user_agent: 'Mozilla/5.0' } },
    ]);
    expect(turns.map((turn) => `${inbound.encode(turn, exchange)}\n`).join('')).toBe(frames);
  });

  it.each(['{"type":"ping"}', '{"type":"typing","on":true}', '', ' \n'])('asks nothing with %j', (frame) => {
    expect(inbound.decode(frame, exchange)).toBeUndefined();
  });

  it('keeps the connection alive with a ping', () => {
    expect(inbound.encode(undefined, exchange)).toBe('{"type":"ping"}');
  });

  it.each([
    ['not json', 'malformed-request', 'The message is not valid JSON'],
    ['{}', 'invalid-request', "Field 'content' is required"],
    ['{"content":""}', 'invalid-request', "Field 'content' must not be empty"],
    ['{"content":5}', 'invalid-request', "Field 'content' must be of type string"],
    ['{"content":null,"type":"message"}', 'invalid-request', "Field 'content' must be of type string"],
    ['[]', 'invalid-request', 'A JSON object is expected'],
    ['"hello"', 'invalid-request', 'A JSON object is expected'],
    ['{"content":"x","metadata":[]}', 'invalid-request', "Field 'metadata' must be of type object"],
  ] as const)('is refused as INVALID_MESSAGE with %s, and the socket stays open', (frame, code, message) => {
    const error = failureOf(() => inbound.decode(frame, exchange));
    expect(error.code).toBe(code);
    expect(describeFailure(error)).toHaveProperty('error_code', 'INVALID_MESSAGE');
    expect(describeFailure(error)).toHaveProperty('message', message);
    expect(closeCode(error)).toBeUndefined();
  });

  it('is refused where its metadata is nested so deep that writing it down could fail', () => {
    const deep = `{"content":"x","metadata":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`;
    expect(failureOf(() => inbound.decode(deep, exchange)).code).toBe('invalid-request');
  });

  it('is refused where its metadata is more than 16 KiB of JSON', () => {
    const long = JSON.stringify({ content: 'x', metadata: { a: 'x'.repeat(16_384) } });
    expect(describeFailure(failureOf(() => inbound.decode(long, exchange)))).toMatchObject({
      error_code: 'INVALID_MESSAGE',
      message: "Field 'metadata' must be at most 16384 bytes of JSON",
    });
  });

  it('may have a __proto__ key, which is a key like any other', () => {
    const turn = inbound.decode('{"content":"x","metadata":{"__proto__":{"a":1}}}', exchange);
    expect(JSON.stringify(turn?.extra)).toBe('{"__proto__":{"a":1}}');
    expect(Object.getPrototypeOf(turn)).toBe(Object.prototype);
  });
});

describe('the handshake of a tenant-chats socket', () => {
  const asked = { conversationId: chat, participant: { userId: 'user123' }, delivery: 'stream' };

  it('takes user and chat from the query or from headers, one by one', () => {
    expect(request.decode({ ...nothing, query: { user_id: 'user123', chat_id: chat } }, exchange)).toEqual(asked);
    const headers = { 'x-user-id': 'user123', 'x-chat-id': chat };
    expect(request.decode({ ...nothing, headers }, exchange)).toEqual(asked);
    expect(request.decode({ ...nothing, headers, query: { chat_id: '' } }, exchange)).toEqual(asked);
  });

  it('is closed with 1008 after saying what it lacks', () => {
    const error = failureOf(() => request.decode(nothing, exchange));
    expect(describeFailure(error)).toMatchObject({
      message: "Query parameter 'chat_id' is required; Query parameter 'user_id' is required",
    });
    expect(closeCode(error)).toBe(1008);
  });

  it('is closed with 4004 for a chat that cannot be', () => {
    const error = failureOf(() =>
      request.decode({ ...nothing, query: { user_id: 'u', chat_id: 'my-chat' } }, exchange),
    );
    expect(describeFailure(error)).toMatchObject({ error_code: 'CHAT_NOT_FOUND', message: 'Chat not found' });
    expect(closeCode(error)).toBe(4004);
  });

  it('is closed for credentials and a missing chat only; every other error leaves it open', () => {
    const closing: Partial<Record<ErrorCode, number>> = { unauthenticated: 4001, forbidden: 4001, 'not-found': 4004 };
    for (const code of Object.keys(errorCodes).filter(isErrorCode)) {
      expect([code, closeCode(new GatewayError(code, 'x'))]).toEqual([code, closing[code]]);
    }
  });
});
