import { randomUUID } from 'node:crypto';
import { type Conversation, defined, type InputOf, type Message, type Page } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import { openElsewhere } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import { agentOf, conversationOf, draftConversation } from './find-conversation.ts';
import { begunHere } from './migrating.ts';
import { publicIdOf } from './public-ids.ts';
import type { DocumentAnswer, Services } from './services.ts';

/** Begins an empty conversation. A user that the client does not name gets an id; a title that it does not give says when. */
export async function createConversation(
  services: Services,
  input: InputOf<'create-conversation'>,
  caller: Caller,
): Promise<DocumentAnswer<'create-conversation'>> {
  const agent = agentOf(caller, input.agent);
  const { userId } = input.participant;
  const participant = { ...input.participant, userId: userId ?? randomUUID() };
  const draft = draftConversation(caller, { participant, agentId: agent.id });
  const title = input.title ?? `Chat of ${caller.call.receivedAt.slice(0, 16).replace('T', ' ')}`;
  const [{ conversation }] = await Promise.all([
    services.store.openConversation({
      ...draft,
      conversation: { ...draft.conversation, title, metadata: input.metadata },
    }),
    // One that nobody named is known by its conversation alone.
    userId !== undefined && services.store.ensureUser({ tenantId: caller.tenant.id, userId }),
  ]);
  if (caller.migration !== undefined) await begunHere(services, conversation, caller);
  return shown(conversation, publicIdOf(conversation, caller));
}

export async function getConversation(
  services: Services,
  { conversationId }: InputOf<'get-conversation'>,
  caller: Caller,
): Promise<DocumentAnswer<'get-conversation'>> {
  return shown(await conversationOf(services, conversationId, caller), conversationId);
}

function shown(conversation: Conversation, id: string): { conversationId: string; value: Conversation } {
  return { conversationId: id, value: { ...conversation, id } };
}

/** Throws `not-found` for a user that the tenant does not know, or that has no conversation. Source: vendor's page. */
export async function listConversations(
  services: Services,
  { participant, page }: InputOf<'list-conversations'>,
  caller: Caller,
): Promise<DocumentAnswer<'list-conversations'>> {
  const filter = defined({ tenantId: caller.tenant.id, userId: participant.userId });
  const found = await services.store.conversations(filter, page);
  if (found.total === 0) {
    throw new GatewayError('not-found', 'User not found or has no chats', {
      subject: { kind: 'user', id: participant.userId ?? '' },
    });
  }
  const entries = found.entries.map((conversation) => shown(conversation, publicIdOf(conversation, caller)).value);
  return { value: { ...found, entries } };
}

export async function listMessages(
  services: Services,
  { conversationId, page }: InputOf<'list-messages'>,
  caller: Caller,
): Promise<DocumentAnswer<'list-messages'>> {
  const { id } = await conversationOf(services, conversationId, caller);
  return { conversationId, value: showMessages(await services.store.messages(id, page), conversationId) };
}

/** Messages with their conversation's id as the caller's dialect shows it. */
export function showMessages(page: Page<Message>, conversationId: string): Page<Message> {
  return { ...page, entries: page.entries.map((message) => ({ ...message, conversationId })) };
}

/** Throws `conflict` while a socket is open on the conversation. Source: vendor's page. */
export async function deleteConversation(
  services: Services,
  { conversationId }: InputOf<'delete-conversation'>,
  caller: Caller,
): Promise<DocumentAnswer<'delete-conversation'>> {
  const { id } = await conversationOf(services, conversationId, caller);
  if (services.feed.socketCount(id) > 0) throw openElsewhere();
  await services.store.deleteConversation(id, 'unheard');
  services.feed.stored(id);
  return { conversationId, value: { deletedAt: caller.call.receivedAt } };
}
