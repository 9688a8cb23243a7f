import { type Conversation, defined } from '../../canonical/index.ts';
import { timestamp } from './timestamp.ts';
import { userId } from './user-id.ts';
import type { Chat, CountedChat, SingleChat } from './wire.ts';

/** What a bare chat carries of a conversation. */
export const chatFields = [
  'output.id',
  'output.tenantId',
  'output.participant',
  'output.title',
  'output.metadata',
  'output.createdAt',
  'output.updatedAt',
  'output.lastMessageAt',
] as const;

/** A chat as each call shows it: bare, in a list with its `message_count`, by itself with its `status` too. */
export const chat = {
  encode: (conversation: Conversation): Chat => ({
    id: conversation.id,
    user_id: userId.encode(conversation.participant),
    tenant_id: conversation.tenantId,
    title: conversation.title ?? '',
    config: { metadata: conversation.metadata },
    created_at: timestamp.encode(conversation.createdAt),
    updated_at: timestamp.encode(conversation.updatedAt),
    last_message_at: conversation.lastMessageAt === undefined ? null : timestamp.encode(conversation.lastMessageAt),
  }),
  encodeCounted: (conversation: Conversation): CountedChat => ({
    ...chat.encode(conversation),
    message_count: conversation.messageCount,
  }),
  encodeSingle: (conversation: Conversation): SingleChat => ({
    ...chat.encodeCounted(conversation),
    status: conversation.status,
  }),
  /** What a bare chat leaves out is as it is for a new one. */
  decode: (wire: Chat & Partial<SingleChat>): Conversation =>
    defined({
      id: wire.id,
      tenantId: wire.tenant_id,
      agentId: '',
      participant: userId.decode(wire.user_id),
      title: wire.title || undefined,
      metadata: wire.config.metadata,
      mode: 'ai' as const,
      status: wire.status === 'closed' ? ('closed' as const) : ('active' as const),
      blocked: false,
      createdAt: timestamp.decode(wire.created_at),
      updatedAt: timestamp.decode(wire.updated_at),
      lastMessageAt: wire.last_message_at ? timestamp.decode(wire.last_message_at) : undefined,
      messageCount: wire.message_count ?? 0,
      publicIds: {},
      remoteIds: {},
      collectedSequence: 0,
    }),
};
