import { randomUUID } from 'node:crypto';
import type { Awaitable } from '../async/awaitable.ts';
import {
  type Attachment,
  type Conversation,
  defined,
  type Participant,
  type Told,
  type Turn,
} from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import {
  type IdempotencyEntry,
  isAnothers,
  type NewConversation,
  type NewMessage,
  type PublicId,
} from '../stores/store.ts';
import type { Agent, Caller, SessionCaller } from './caller.ts';
import { findByPublicId, ownPlace, sessionId } from './public-ids.ts';
import type { Services } from './services.ts';
import { holdFor, refuseStrangers } from './signed.ts';

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
 * The conversation that an id stands for. An unknown one (another tenant's or another user's is as unknown as any) begins under that id
 * where the caller may bring its own, and is `not-found` otherwise.
 */
export async function conversationOf(
  services: Services,
  conversationId: string,
  caller: Caller,
  participant: Participant = {},
): Promise<Conversation> {
  const { conversation, place } = await findByPublicId(services.store, conversationId, caller, participant);
  if (conversation !== undefined) return conversation;
  if (caller.unknownConversations === 'refuse') throw noConversation(conversationId);
  return begin(services, draftConversation(caller, { participant, place, agentId: caller.defaultAgent.id }), caller);
}

/** What a turn goes on with, or begins. */
export interface FoundByTurn {
  readonly conversation?: Conversation;
  /** Where what it begins is to be found, if it names an id. */
  readonly place?: PublicId;
}

/** The conversation that a turn goes on with; none if it begins one. Throws `not-found` where an unknown id is refused. */
export function conversationOfTurn(services: Services, turn: Turn, caller: Caller): Awaitable<FoundByTurn> {
  const { conversationId, participant } = turn;
  if (conversationId !== undefined) return conversationNamed(services, { conversationId, participant }, caller);
  const isNew = sessionPublicId(participant, caller) === undefined;
  return isNew
    ? {}
    : conversationOfSession(services, participant, caller).then((conversation) => defined({ conversation }));
}

async function conversationNamed(
  services: Services,
  { conversationId, participant }: { readonly conversationId: string; readonly participant: Participant },
  caller: Caller,
): Promise<FoundByTurn> {
  const found = await findByPublicId(services.store, conversationId, caller, participant);
  if (found.conversation === undefined && caller.unknownConversations === 'refuse')
    throw noConversation(conversationId);
  return found;
}

/**
 * Begins a conversation, or goes on with the one that has begun meanwhile; where that is another user's, under an id of the user's own.
 * Throws as `holdFor` does.
 */
export async function begin(services: Services, draft: NewConversation, caller: SessionCaller): Promise<Conversation> {
  const { store } = services;
  const { participant } = draft.conversation;
  const { conversation } = await store.openConversation(draft);
  if (!isAnothers(conversation, participant)) return holdFor(services, conversation, caller);
  const publicIds = draft.publicIds.map((place) => ownPlace(place, participant));
  return (await store.openConversation({ ...draft, publicIds })).conversation;
}

/** The conversation of a turn that was asked before. Throws `not-found`, and as `refuseStrangers` and `refuseBlocked` do. */
export async function conversationOfEntry({ store }: Services, { conversationId }: IdempotencyEntry, caller: Caller) {
  const conversation = await store.conversation(conversationId);
  if (conversation === undefined) throw noConversation(conversationId);
  refuseStrangers(conversation, caller);
  refuseBlocked(conversation);
  return conversation;
}

/**
 * The conversation of a visitor's session on the caller's site; `undefined` if there is none yet, or no site. Throws `rate-limited` for
 * an address that names too many that are not there, and as `refuseStrangers` does.
 */
export async function conversationOfSession(
  services: Services,
  participant: Participant,
  caller: Pick<SessionCaller, 'tenant' | 'site' | 'user' | 'address' | 'dialect'>,
): Promise<Conversation | undefined> {
  const place = sessionPublicId(participant, caller);
  if (place === undefined) return undefined;
  const found = await services.store.findConversation(place);
  const { address, dialect } = caller;
  if (found !== undefined) refuseStrangers(found, caller);
  else if (address !== undefined) {
    services.unknownSessions.named(`${place.tenantId} ${place.id}`, { address, dialect: dialect.name });
  }
  return found;
}

/** The session's conversation, begun if there is none: what a visitor leaves before the first message is kept too. */
export async function openSession(
  services: Services,
  participant: Participant,
  caller: SessionCaller,
): Promise<Conversation> {
  const known = await conversationOfSession(services, participant, caller);
  if (known !== undefined) return holdFor(services, known, caller);
  return begin(services, draftConversation(caller, { participant, agentId: caller.defaultAgent.id }), caller);
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
  { participant, place, agentId }: { participant: Participant; place?: PublicId | undefined; agentId: string },
): NewConversation {
  const { tenant, site, user, dialect, call } = caller;
  const session = sessionPublicId(participant, caller);
  return defined({
    conversation: defined({
      id: randomUUID(),
      tenantId: tenant.id,
      agentId,
      site,
      participant,
      signedUser: user?.id,
      contact: user?.contact,
      metadata: {},
      mode: 'ai' as const,
      status: 'active' as const,
      blocked: false,
      createdAt: call.receivedAt,
    }),
    publicIds: [session, place].filter((id) => id !== undefined),
    numberedIn: dialect.conversationIds === 'integer' ? dialect.name : undefined,
  });
}

/** An image that stands in its own address is shown to the model, and is not kept: clients that send one send it with each turn. */
const isAddress = ({ url }: Attachment): boolean => !url.startsWith('data:');

/** A turn on its way to who answers it. */
export interface SentTurn extends Turn {
  /** As the client has it, where more is told to who answers. */
  readonly asked?: Turn;
  /** What is kept with it for later turns. */
  readonly told?: Told;
}

/** What a visitor says, as it is stored. */
export function visitorMessage(turn: SentTurn, conversationId: string, caller: Caller): NewMessage {
  const { text, attachments: sent } = turn.asked ?? turn;
  const attachments = sent.length === 0 ? sent : sent.filter(isAddress);
  const isBare = text === '' && attachments.length < sent.length;
  return defined({
    id: randomUUID(),
    conversationId,
    role: 'visitor' as const,
    text: isBare ? '(an image)' : text,
    items: [],
    suggestions: [],
    attachments,
    createdAt: caller.call.receivedAt,
    status: 'complete' as const,
    author: turn.participant,
    clientMessageId: turn.clientMessageId,
    metadata: turn.extra,
    told: turn.told,
  });
}
