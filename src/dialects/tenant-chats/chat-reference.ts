import { type InputOf, isUuid } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Codec } from '../dialect.ts';
import type { ChatRequest } from './wire.ts';

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
