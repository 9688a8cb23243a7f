import { defined, type Message, type Reply, type Role } from '../../canonical/index.ts';
import type { Exchange } from '../dialect.ts';
import { product } from './product.ts';
import { timestamp } from './values.ts';
import type { ChatMessage } from './wire.ts';

/** `answer` is the seed's, also for what a person writes; `question` and `system` are our choice. */
const types: Readonly<Record<Role, string>> = {
  visitor: 'question',
  assistant: 'answer',
  operator: 'answer',
  system: 'system',
};

const roles: ReadonlyMap<string, Role> = new Map([
  [types.visitor, 'visitor'],
  [types.system, 'system'],
]);

/** A reply as a message of type `answer`. */
export const answer = {
  decode: (wire: ChatMessage): Reply => ({
    id: wire.id,
    conversationId: wire.chatId,
    text: wire.content,
    items: (wire.products ?? []).map(product.decode),
    suggestions: wire.suggestions ?? [],
    finishReason: 'stop',
    createdAt: timestamp.decode(wire.createdAt),
  }),
  encode: (reply: Reply, { conversationId }: Exchange): ChatMessage =>
    defined({
      id: reply.id,
      chatId: conversationId ?? '',
      type: types.assistant,
      content: reply.text,
      ...encodeFinds(reply),
      createdAt: timestamp.encode(reply.createdAt),
    }),
};

/** A stored message. The wire has no place for its number: in reading, `sequence` counts the list. */
export const storedMessage = {
  decode: (wire: ChatMessage, sequence: number): Message => ({
    id: wire.id,
    conversationId: wire.chatId,
    sequence,
    role: roles.get(wire.type) ?? 'assistant',
    text: wire.content,
    items: (wire.products ?? []).map(product.decode),
    suggestions: wire.suggestions ?? [],
    attachments: [],
    createdAt: timestamp.decode(wire.createdAt),
    status: 'complete',
  }),
  encode: (message: Message, { conversationId }: Exchange): ChatMessage =>
    defined({
      id: message.id,
      chatId: conversationId ?? message.conversationId,
      type: types[message.role],
      content: message.text,
      ...encodeFinds(message),
      createdAt: timestamp.encode(message.createdAt),
    }),
};

/** What comes with a text. Source: the vendor's reference: either list may be absent and is never null. */
export function encodeFinds({ items, suggestions }: Pick<Message, 'items' | 'suggestions'>) {
  return {
    suggestions: suggestions.length === 0 ? undefined : suggestions,
    products: items.length === 0 ? undefined : items.map(product.encode),
  };
}
