import { randomUUID } from 'node:crypto';
import { type Conversation, defined, type Participant, type Turn } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { NewConversation, PublicId } from '../stores/store.ts';
import type { Agent, Caller, SessionCaller } from './caller.ts';
import { chosenId, findByPublicId, sessionId } from './public-ids.ts';
import type { Services } from './services.ts';

/** An id that stands for nothing that the caller may see. */
export const noConversation = (id: string): GatewayError =>
  new GatewayError('not-found', 'Conversation not found', { subject: { kind: 'conversation', id } });

/** The tenant's agent of that id or slug; the caller's own where none is named. Throws `not-found`. */
export function agentOf(caller: Caller, reference: string | undefined): Agent {
  if (reference === undefined) return caller.defaultAgent;
  const agent = caller.tenant.agents.find(({ id, slug }) => id === reference.toLowerCase() || slug === reference);
  if (agent !== undefined) return agent;
  throw new GatewayError('not-found', 'Agent not found', { subject: { kind: 'agent', id: reference } });
}

/** Who answers a conversation: its agent, or the caller's own where it has none yet or its agent has left the configuration. */
export function agentOfConversation(caller: Caller, conversation: Conversation | undefined): Agent {
  return caller.tenant.agents.find(({ id }) => id === conversation?.agentId) ?? caller.defaultAgent;
}

/**
 * The conversation that an id stands for. An unknown one (another tenant's is as unknown as any) begins under that id where the
 * caller may bring its own, and is `not-found` otherwise.
 */
export async function conversationOf(
  services: Services,
  conversationId: string,
  caller: Caller,
  participant: Participant = {},
): Promise<Conversation> {
  const found = await findByPublicId(services.store, conversationId, caller);
  if (found !== undefined) return found;
  if (caller.unknownConversations === 'refuse') throw noConversation(conversationId);
  const draft = draftConversation(caller, { turn: { participant, conversationId }, agentId: caller.defaultAgent.id });
  return (await services.store.openConversation(draft)).conversation;
}

/** The conversation that a turn goes on with; `undefined` if it begins one. Throws `not-found` where an unknown id is refused. */
export async function conversationOfTurn(
  services: Services,
  { conversationId, participant }: Turn,
  caller: Caller,
): Promise<Conversation | undefined> {
  if (conversationId === undefined) return conversationOfSession(services, participant, caller);
  const found = await findByPublicId(services.store, conversationId, caller);
  if (found === undefined && caller.unknownConversations === 'refuse') throw noConversation(conversationId);
  return found;
}

/** The conversation of a visitor's session on the caller's site; `undefined` if there is none yet, or no site. */
export async function conversationOfSession(
  services: Services,
  participant: Participant,
  caller: Pick<SessionCaller, 'tenant' | 'site'>,
): Promise<Conversation | undefined> {
  const id = sessionPublicId(participant, caller);
  return id && services.store.findConversation(id);
}

/** The session's conversation, begun if there is none: what a visitor leaves before the first message is kept too. */
export async function openSession(
  services: Services,
  participant: Participant,
  caller: SessionCaller,
): Promise<Conversation> {
  const known = await conversationOfSession(services, participant, caller);
  if (known !== undefined) return known;
  const draft = draftConversation(caller, { turn: { participant }, agentId: caller.defaultAgent.id });
  return (await services.store.openConversation(draft)).conversation;
}

function sessionPublicId(
  { sessionId: session }: Participant,
  { tenant, site }: Pick<SessionCaller, 'tenant' | 'site'>,
): PublicId | undefined {
  return site === undefined || session === undefined ? undefined : sessionId({ tenantId: tenant.id, site, session });
}

/** Throws `forbidden` for a visitor whom an operator has blocked. */
export function refuseBlocked({ blocked }: Conversation): void {
  if (blocked) throw new GatewayError('forbidden', 'You have been blocked from this chat');
}

/** A conversation to be begun for a turn, or for a session that has something to keep before the first turn. */
export function draftConversation(
  caller: SessionCaller,
  { turn, agentId }: { turn: Pick<Turn, 'participant' | 'conversationId'>; agentId: string },
): NewConversation {
  const { tenant, site, dialect, call } = caller;
  const session = sessionPublicId(turn.participant, caller);
  const chosen = turn.conversationId === undefined ? undefined : chosenId(turn.conversationId, caller);
  return defined({
    conversation: defined({
      id: randomUUID(),
      tenantId: tenant.id,
      agentId,
      site,
      participant: turn.participant,
      metadata: {},
      mode: 'ai' as const,
      status: 'active' as const,
      blocked: false,
      createdAt: call.receivedAt,
    }),
    publicIds: [session, chosen].filter((id) => id !== undefined),
    numberedIn: dialect.conversationIds === 'integer' ? dialect.name : undefined,
  });
}
