import { randomUUID } from 'node:crypto';
import { type Conversation, defined, type Message } from '../../src/canonical/index.ts';
import type { NewConversation, NewMessage, PublicId } from '../../src/stores/store.ts';

/** A moment of one day, by minute. */
export const minute = (count: number): string => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();

interface ConversationWish {
  readonly id?: string;
  readonly tenantId?: string;
  readonly userId?: string;
  readonly signedUser?: string;
  readonly createdAt?: string;
  readonly publicIds?: readonly PublicId[];
  readonly numberedIn?: string;
}

/** A conversation to be opened, with what a test says of it. */
export function draftConversation(wish: ConversationWish = {}): NewConversation {
  const { id = randomUUID(), tenantId = 'shop', userId, signedUser } = wish;
  const { createdAt = minute(0), publicIds = [], numberedIn } = wish;
  return defined({
    conversation: defined({
      id,
      tenantId,
      agentId: 'support',
      participant: defined({ userId }),
      signedUser,
      metadata: {},
      mode: 'ai' as const,
      status: 'active' as const,
      blocked: false,
      createdAt,
    }),
    publicIds,
    numberedIn,
  });
}

/** A message to be stored, with what a test says of it. */
export function draftMessage(conversation: Pick<Conversation, 'id'>, wish: Partial<NewMessage> = {}): NewMessage {
  return {
    id: randomUUID(),
    conversationId: conversation.id,
    role: 'visitor',
    text: 'hello',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: minute(1),
    status: 'complete',
    ...wish,
  };
}

/** The texts of messages. */
export const texts = (messages: readonly Message[]): readonly string[] => messages.map(({ text }) => text);
