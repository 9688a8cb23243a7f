import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FeedEntry, FeedEvent, Message } from '../../../src/canonical/index.ts';
import { schemaGuard } from '../../../src/dialects/schema.ts';
import { followConversation } from '../../../src/dialects/tenant-chats/follow-conversation.ts';
import { errorCodes, GatewayError, isErrorCode } from '../../../src/errors/index.ts';

const chat = 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d';
const replyId = 'b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e';
const exchange = { replyId, conversationId: chat, receivedAt: '2024-01-15T10:30:00.250Z' };
const { events, schema } = followConversation;
const frameGuard = schemaGuard(schema.event);

const entry = (event: FeedEvent): FeedEntry => {
  return { id: replyId, position: '1', conversationId: chat, at: '2024-01-15T10:30:05.000Z', event };
};

const stored = (rest: Partial<Message> & Pick<Message, 'role'>): FeedEvent => ({
  type: 'message',
  message: {
    id: replyId,
    conversationId: chat,
    sequence: 2,
    text: 'Hi!',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: '2024-01-15T10:30:05.000Z',
    status: 'complete',
    ...rest,
  },
});

/** What one client is sent, parsed; every frame is one that the schema describes, its type before all else. */
function framesOf(...told: readonly FeedEvent[]): Record<string, unknown>[] {
  const encode = events.encoder(exchange);
  return told.flatMap((event) => [...encode(entry(event))]).map(({ data }) => readFrame(data));
}

function readFrame(data: string): Record<string, unknown> {
  const frame: unknown = JSON.parse(data);
  expect(frameGuard.violations(frame)).toEqual([]);
  expect(data).toMatch(/^\{"event_type":"[a-z_]+","timestamp":"/);
  return Object.fromEntries(Object.entries(frame ?? {}));
}

const typesOf = (...told: readonly FeedEvent[]) => framesOf(...told).map((frame) => frame['event_type']);
const golden = (name: string) =>
  readFileSync(`test/golden/tenant-chats/follow-conversation.${name}.frames.txt`, 'utf8');

const opened: FeedEvent = {
  type: 'opened',
  tenantId: 'tenant-uuid-here',
  participant: { userId: 'user123' },
  participantCreated: false,
};
const started: FeedEvent = { type: 'reply-started', replyId };
const token = (text: string): FeedEvent => {
  return { type: 'reply-progress', replyId, progress: { type: 'text-delta', text } };
};

describe('frames of a tenant-chats socket', () => {
  it('greet with the connection, and name a user who is new', () => {
    expect(typesOf(opened)).toEqual(['connection_established']);
    expect(typesOf({ ...opened, participantCreated: true })).toEqual(['connection_established', 'user_created']);
  });

  it('tie started, token and ended together by one message id, and repeat the token as content', () => {
    const frames = framesOf(started, token('Hi'), token('!'), stored({ role: 'assistant', model: 'm' }));
    expect(frames.map((frame) => frame['message_id'])).toEqual(Array(4).fill(`msg-${replyId}`));
    expect(frames.map((frame) => [frame['token'], frame['content']])).toEqual([
      [undefined, undefined],
      ['Hi', 'Hi'],
      ['!', '!'],
      [undefined, 'Hi!'],
    ]);
    expect(frames.at(-1)).toMatchObject({ metadata: { model: 'm' } });
  });

  it('acknowledge a message that carries no author with the user of the connection', () => {
    expect(framesOf(opened, stored({ role: 'visitor' })).at(-1)).toMatchObject({
      event_type: 'message_received',
      user_id: 'user123',
      content: 'Hi!',
    });
  });

  it.each(['operator', 'system', 'assistant'] as const)(
    'show a whole message of the %s to a client that gathers tokens',
    (role) => {
      const frames = framesOf(stored({ role }));
      expect(frames.map((frame) => frame['event_type'])).toEqual([
        'message_stream_started',
        'message_stream_token',
        'message_stream_ended',
      ]);
      expect(frames.map((frame) => frame['token']).join('')).toBe('Hi!');
      expect(frames.at(-1)?.['metadata']).toEqual(role === 'assistant' ? {} : { [role]: true });
    },
  );

  it('begin a stream that the client joined in its middle', () => {
    expect(typesOf(token('i'), token('!'), stored({ role: 'assistant' }))).toEqual([
      'message_stream_started',
      'message_stream_token',
      'message_stream_token',
      'message_stream_ended',
    ]);
  });

  it('say nothing of what this wire has no word for', () => {
    const typing: FeedEvent = { type: 'reply-progress', replyId, progress: { type: 'typing' } };
    const items: FeedEvent = { type: 'reply-progress', replyId, progress: { type: 'items-found', items: [] } };
    expect(framesOf({ type: 'mode-changed', mode: 'operator' }, typing, items)).toEqual([]);
  });

  it.each(Object.keys(errorCodes).filter(isErrorCode))(
    'turn a reply that failed with %s into an error frame',
    (failure) => {
      const [frame, ...rest] = framesOf(started, stored({ role: 'assistant', status: 'failed', failure })).slice(1);
      expect(rest).toEqual([]);
      expect(frame).toMatchObject({ event_type: 'error', chat_id: chat, message_id: `msg-${replyId}` });
      expect(frame?.['code']).toBe(frame?.['error_code']);
      if (failure.startsWith('upstream-')) expect(frame?.['error_code']).toBe('UPSTREAM_ERROR');
    },
  );

  it('say that a reply was interrupted when whoever asked went away', () => {
    expect(framesOf(stored({ role: 'assistant', status: 'interrupted' }))).toMatchObject([
      { event_type: 'error', error_code: 'UPSTREAM_ERROR', message: 'The answer was interrupted' },
    ]);
  });

  it('never show a text that is not meant for clients', () => {
    const [frame] = [...events.failure(new GatewayError('upstream-failed', 'secret /etc/key'), exchange)];
    expect(frame?.data).not.toContain('secret');
    expect(frame?.data).toContain('"timestamp":"2024-01-15T10:30:00.250000Z"');
  });

  it('are the documented ones where credentials are bad', () => {
    const { conversationId: _, ...beforeAnyChat } = exchange;
    const failure = events.failure(new GatewayError('unauthenticated', 'x'), {
      ...beforeAnyChat,
      receivedAt: '2024-01-15T10:30:00.000Z',
    });
    expect([...failure].map(({ data }) => `${data}\n`).join('')).toBe(golden('no-key'));
  });
});

describe('reading frames of a tenant-chats upstream', () => {
  const decodeAll = (lines: readonly string[]) => {
    const decode = events.decoder(exchange);
    return lines.flatMap((data) => [...decode({ data })]);
  };

  it('numbers the entries and takes chat and time from each frame', () => {
    const entries = decodeAll(golden('documented').trim().split('\n'));
    expect(entries.map(({ position }) => position)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(entries.map(({ event }) => event.type)).toEqual([
      'opened',
      'opened',
      'message',
      'reply-started',
      'reply-progress',
      'reply-progress',
      'message',
    ]);
    expect(entries[3]).toMatchObject({ at: '2024-01-15T10:30:05.250Z', conversationId: chat });
    expect(entries[1]?.event).toEqual({ ...opened, participantCreated: true });
  });

  it.each(['documented', 'operator'])('and writing them again gives the same %s frames', (name) => {
    const lines = golden(name).trim().split('\n');
    const encode = events.encoder(exchange);
    const again = decodeAll(lines).flatMap((decoded) => [...encode(decoded)]);
    expect(again.map(({ data }) => data)).toEqual(lines);
  });

  it('fails with an error frame, and passes over a type that it does not know', () => {
    expect(() => decodeAll(golden('broken-off').trim().split('\n'))).toThrow(/UPSTREAM_ERROR/);
    expect(decodeAll(['{"event_type":"presence","timestamp":"2024-01-15T10:30:00Z"}'])).toEqual([]);
  });

  it.each(['not json', '[]', '{"event_type":"message_stream_token","timestamp":"2024-01-15T10:30:00Z"}'])(
    'refuses %s as upstream-protocol',
    (data) => {
      expect(() => decodeAll([data])).toThrow(expect.objectContaining({ code: 'upstream-protocol' }));
    },
  );
});
