import { type Attachment, defined, type JsonObject, type Message, type Role } from '../../canonical/index.ts';
import { timestamp } from './values.ts';
import type { ChatMessage } from './wire.ts';

/** `msg-` and the id. Source: vendor's message page. */
export const messageId = {
  encode: (id: string): string => `msg-${id}`,
  decode: (text: string): string => text.replace(/^msg-/, ''),
};

type ReplyFacts = Pick<Message, 'role' | 'model' | 'usage' | 'metadata'>;

/**
 * What is known about an answer. `model` and `tokens_used` are the vendor's; `operator` and `system` tell who wrote in the
 * assistant's place, since this wire has no role for either. Our choice.
 */
export const replyMetadata = {
  encode: ({ role, model, usage, metadata }: ReplyFacts): JsonObject => ({
    ...metadata,
    ...defined({ model, tokens_used: usage?.totalTokens }),
    ...(role === 'operator' && { operator: true }),
    ...(role === 'system' && { system: true }),
  }),
  decode(wire: JsonObject): ReplyFacts {
    const { model, tokens_used: tokens, operator, system, ...rest } = wire;
    return defined({
      role: writer({ operator, system }),
      model: typeof model === 'string' ? model : undefined,
      usage: typeof tokens === 'number' ? { totalTokens: tokens } : undefined,
      metadata: Object.keys(rest).length === 0 ? undefined : rest,
    });
  },
};

function writer(marks: Readonly<Record<'operator' | 'system', unknown>>): Role {
  if (marks.operator === true) return 'operator';
  return marks.system === true ? 'system' : 'assistant';
}

/** A stored message. Its place in a list stands for the sequence number, which this wire does not show. */
export const message = {
  encode(stored: Message): ChatMessage {
    const [image] = stored.attachments;
    const fromUser = stored.role === 'visitor';
    return {
      id: messageId.encode(stored.id),
      content: stored.text,
      sender_role: fromUser ? 'user' : 'assistant',
      media_type: image === undefined ? null : (image.contentType ?? image.kind),
      media_url: image?.url ?? null,
      created_at: timestamp.encode(stored.createdAt),
      metadata: fromUser ? (stored.metadata ?? {}) : replyMetadata.encode(stored),
    };
  },
  decode: (wire: ChatMessage, place: { readonly conversationId: string; readonly sequence: number }): Message => ({
    ...place,
    ...(wire.sender_role === 'user'
      ? { role: 'visitor' as const, metadata: wire.metadata }
      : replyMetadata.decode(wire.metadata)),
    id: messageId.decode(wire.id),
    text: wire.content,
    items: [],
    suggestions: [],
    attachments: decodeMedia(wire),
    createdAt: timestamp.decode(wire.created_at),
    status: 'complete',
  }),
};

/** Media that are no image have no place in the model. */
function decodeMedia({ media_type: type, media_url: url }: ChatMessage): readonly Attachment[] {
  if (url === null || !type?.startsWith('image')) return [];
  return [defined({ kind: 'image' as const, url, contentType: type === 'image' ? undefined : type })];
}
