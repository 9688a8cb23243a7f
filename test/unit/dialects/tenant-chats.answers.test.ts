import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../../src/canonical/index.ts';
import { chat } from '../../../src/dialects/tenant-chats/chat.ts';
import { message } from '../../../src/dialects/tenant-chats/message.ts';
import { listFacts } from '../../../src/dialects/tenant-chats/page.ts';
import { timestamp } from '../../../src/dialects/tenant-chats/values.ts';

const conversation: Conversation = {
  id: 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d',
  tenantId: 't',
  agentId: 'a',
  participant: { sessionId: 'sess_1' },
  metadata: {},
  mode: 'ai',
  status: 'active',
  blocked: false,
  createdAt: '2024-01-15T10:30:00.000Z',
  updatedAt: '2024-01-15T10:30:00.250Z',
  messageCount: 0,
  publicIds: {},
  remoteIds: {},
  collectedSequence: 0,
};

describe('times of tenant-chats', () => {
  it.each([
    ['2024-01-15T10:30:00.000Z', '2024-01-15T10:30:00Z'],
    ['2024-01-15T10:30:00Z', '2024-01-15T10:30:00Z'],
    ['2024-01-15T10:30:00.250Z', '2024-01-15T10:30:00.250000Z'],
    ['2024-01-15T10:30:00.007Z', '2024-01-15T10:30:00.007000Z'],
    ['2024-01-15T10:30:00.1234567Z', '2024-01-15T10:30:00.123456Z'],
  ])('print %s as pydantic does', (time, wire) => {
    expect(timestamp.encode(time)).toBe(wire);
  });

  it.each([
    ['2024-01-15T10:30:00Z', '2024-01-15T10:30:00.000Z'],
    ['2024-01-15T10:30:00.250000Z', '2024-01-15T10:30:00.250Z'],
    ['2024-01-15T10:30:00.250000', '2024-01-15T10:30:00.250Z'],
    ['2024-01-15T12:30:00+02:00', '2024-01-15T10:30:00.000Z'],
  ])('read %s', (wire, time) => {
    expect(timestamp.decode(wire)).toBe(time);
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }), (date) => {
        expect(timestamp.decode(timestamp.encode(date.toISOString()))).toBe(date.toISOString());
      }),
    );
  });

  it('that do not exist are an upstream’s fault', () => {
    expect(() => timestamp.decode('2024-13-45T10:30:00Z')).toThrow(
      expect.objectContaining({ code: 'upstream-protocol' }),
    );
  });
});

describe('answers of tenant-chats', () => {
  it('have message_count in lists and status only for a chat by itself', () => {
    expect(Object.keys(chat.encode(conversation))).not.toContain('message_count');
    expect(Object.keys(chat.encodeCounted(conversation)).at(-1)).toBe('message_count');
    expect(Object.keys(chat.encodeSingle(conversation)).at(-1)).toBe('status');
  });

  it('name a session where a chat that began elsewhere has no user, and have a null for no message yet', () => {
    expect(chat.encode(conversation)).toMatchObject({ user_id: 'sess_1', title: '', last_message_at: null });
  });

  it('show an operator and the system on the assistant’s side, and read them back', () => {
    for (const role of ['operator', 'system', 'assistant'] as const) {
      const stored = {
        id: 'b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e',
        conversationId: conversation.id,
        sequence: 3,
        role,
        text: 'Hi',
        items: [],
        suggestions: [],
        attachments: [],
        createdAt: '2024-01-15T10:30:00.000Z',
        status: 'complete' as const,
        metadata: { shift: 'late' },
      };
      const wire = message.encode(stored);
      expect(wire.sender_role).toBe('assistant');
      expect(message.decode(wire, { conversationId: conversation.id, sequence: 3 })).toEqual(stored);
    }
  });

  it('say that there is more only where there is', () => {
    const page = { entries: [1, 2], offset: 3, limit: 2 };
    expect(listFacts.encode({ ...page, total: 6 }).has_more).toBe(true);
    expect(listFacts.encode({ ...page, total: 5 }).has_more).toBe(false);
  });
});
