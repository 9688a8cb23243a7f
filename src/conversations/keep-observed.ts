import { randomUUID } from 'node:crypto';
import { type Conversation, defined, isUuid, type Reply, type Turn } from '../canonical/index.ts';
import type { PublicId } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import { agentOf, draftConversation, visitorMessage } from './find-conversation.ts';
import { findByPublicId, sessionId } from './public-ids.ts';
import type { Services } from './services.ts';

/** A turn that another server answered, in a conversation under its client's id; without a reply where there was no whole one. */
export interface ObservedTurn {
  readonly turn: Turn;
  readonly conversationId?: string;
  readonly reply?: Omit<Reply, 'id' | 'createdAt'> & Partial<Pick<Reply, 'id'>>;
}

/** Where a turn is kept: its visitor's message. */
export interface KeptTurn {
  readonly conversationId: string;
  readonly messageId: string;
}

/**
 * Keeps what was said elsewhere, so that whoever answers next knows it. A conversation that is not known begins under its client's id. What
 * is in no conversation (the client keeps the dialogue itself) is not kept. Resolves with where it was.
 */
export async function keepObserved(
  { store }: Pick<Services, 'store'>,
  observed: ObservedTurn,
  caller: Caller,
): Promise<KeptTurn | undefined> {
  const { turn, reply } = observed;
  const found = await find(store, observed, caller);
  if (found === undefined) return undefined;
  const { id } = found.conversation ?? (await begin(store, turn, { caller, place: found.place }));
  const message = visitorMessage(turn, id, caller);
  await store.appendMessage(message);
  const kept = { conversationId: id, messageId: message.id };
  if (reply === undefined) return kept;
  const { text, items, suggestions, finishReason, model, usage } = reply;
  await store.appendMessage(
    defined({
      id: reply.id !== undefined && isUuid(reply.id) ? reply.id : randomUUID(),
      conversationId: id,
      role: 'assistant' as const,
      ...{ text, items, suggestions, finishReason, model, usage },
      attachments: [],
      createdAt: new Date().toISOString(),
      status: 'complete' as const,
    }),
  );
  return kept;
}

interface Found {
  readonly conversation?: Conversation;
  /** Where it is to be found, beside its session. */
  readonly place?: PublicId;
}

async function find(
  store: Services['store'],
  { turn, conversationId = turn.conversationId }: ObservedTurn,
  caller: Caller,
): Promise<Found | undefined> {
  const { participant } = turn;
  if (caller.site !== undefined && participant.sessionId !== undefined) {
    const session = sessionId({ tenantId: caller.tenant.id, site: caller.site, session: participant.sessionId });
    return defined({ conversation: await store.findConversation(session) });
  }
  return conversationId === undefined ? undefined : findByPublicId(store, conversationId, caller, participant);
}

async function begin(
  store: Services['store'],
  { participant, agent }: Turn,
  { caller, place }: { readonly caller: Caller; readonly place: PublicId | undefined },
): Promise<Conversation> {
  const named = caller.tenant.agents.some(({ id, slug }) => id === agent?.toLowerCase() || slug === agent);
  const agentId = agentOf(caller, named ? agent : undefined).id;
  const { conversation } = await store.openConversation(draftConversation(caller, { participant, place, agentId }));
  return conversation;
}
