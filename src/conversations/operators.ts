import { randomUUID } from 'node:crypto';
import { type Conversation, defined, type InputOf } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { AdminCaller, SessionCaller } from './caller.ts';
import { withoutWorkings } from './feed/held-view.ts';
import { conversationOfSession, noConversation, openSession } from './find-conversation.ts';
import type { DocumentAnswer, Services } from './services.ts';

const inReach = (tenantId: string, { tenants }: AdminCaller): boolean => tenants?.includes(tenantId) ?? true;

/** The conversation of an id. Throws `not-found` for one that is not in the operator's reach. */
export async function reach(services: Services, id: string, caller: AdminCaller): Promise<Conversation> {
  const found = await services.store.conversation(id);
  if (found === undefined || !inReach(found.tenantId, caller)) throw noConversation(id);
  return found;
}

export async function surveyConversations(
  services: Services,
  { tenantId, page }: InputOf<'survey-conversations'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'survey-conversations'>> {
  if (!inReach(tenantId, caller)) throw new GatewayError('not-found', 'Tenant not found');
  return { value: await services.store.conversations({ tenantId }, page) };
}

export async function inspectConversation(
  services: Services,
  { conversationId }: InputOf<'inspect-conversation'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'inspect-conversation'>> {
  return { value: await reach(services, conversationId, caller) };
}

export async function readTranscript(
  services: Services,
  { conversationId, page }: InputOf<'read-transcript'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'read-transcript'>> {
  const { id } = await reach(services, conversationId, caller);
  const messages = await services.store.messages(id, page);
  return { value: { ...messages, entries: messages.entries.map(withoutWorkings) } };
}

/** Stores what an operator says, and tells the visitor. */
export async function writeOperatorMessage(
  services: Services,
  { conversationId, text, attachments, author }: InputOf<'write-operator-message'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'write-operator-message'>> {
  const { id } = await reach(services, conversationId, caller);
  const appended = await services.store.appendMessage({
    id: randomUUID(),
    conversationId: id,
    role: 'operator',
    text,
    items: [],
    suggestions: [],
    attachments,
    createdAt: caller.call.receivedAt,
    status: 'complete',
    author: author ?? { userId: caller.name },
  });
  if ('taken' in appended) throw new GatewayError('internal', 'A message without an idempotency key cannot be taken');
  services.feed.stored(id);
  return { value: appended.message };
}

export async function changeConversation(
  services: Services,
  { conversationId, mode, blocked, status }: InputOf<'change-conversation'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'change-conversation'>> {
  const before = await reach(services, conversationId, caller);
  const change = defined({ mode, blocked, status, updatedAt: caller.call.receivedAt });
  const value = await services.store.changeConversation(before.id, change);
  if (value.mode !== before.mode) services.feed.stored(before.id);
  return { value };
}

/** The site's tenant as a caller of its own would be, so that a session is found and begun as the visitor would find and begin it. */
export function visitorOf(services: Services, { site }: InputOf<'find-session'>, caller: AdminCaller): SessionCaller {
  const owner = services.siteOwner(site);
  if (owner === undefined || !inReach(owner.tenant.id, caller)) {
    throw new GatewayError('not-found', 'Site not found', { subject: { kind: 'site', id: site } });
  }
  return { ...owner, site, call: caller.call };
}

export async function findSession(
  services: Services,
  input: InputOf<'find-session'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'find-session'>> {
  const visitor = visitorOf(services, input, caller);
  const value = await conversationOfSession(services, { sessionId: input.sessionId }, visitor);
  if (value === undefined) throw noConversation(input.sessionId);
  return { value };
}

/** Puts a message up for a visitor to see; a session that has no conversation yet gets one. */
export async function offerNudge(
  services: Services,
  input: InputOf<'offer-nudge'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'offer-nudge'>> {
  const visitor = visitorOf(services, input, caller);
  const { id } = await openSession(services, { sessionId: input.sessionId }, visitor);
  return { value: await services.store.addNudge(id, { text: input.text, createdAt: caller.call.receivedAt }) };
}
