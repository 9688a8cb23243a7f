import { type Conversation, defined, type InputOf, isUuid } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Codec } from '../dialect.ts';
import { timestamp, userId } from './values.ts';
import type { Chat, ChatRequest, CountedChat, SingleChat } from './wire.ts';

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

/**
 * A chat's id from a path or a query, in lower case. Throws `not-found` for what is no UUID: it names no chat, and 404 is what
 * the vendor documents for that, where 400 is not. Our choice.
 */
export function decodeChatId(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new GatewayError('not-found', 'Chat not found', { subject: { kind: 'conversation', id: text } });
}

/** A request that says nothing but which chat it is about. */
export const chatReference: Codec<ChatRequest, InputOf<'get-conversation' | 'delete-conversation'>> = {
  decode: ({ params }) => ({ conversationId: decodeChatId(params.chat_id) }),
  encode: ({ conversationId }) => ({ params: { chat_id: conversationId }, query: {}, headers: {}, body: undefined }),
};
