import type { Backend } from '../backends/backend.ts';
import {
  type Conversation,
  defined,
  type InputOf,
  type Message,
  type OutputOf,
  type Participant,
} from '../canonical/index.ts';
import type { ConversationChange } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import { showMessages } from './conversations.ts';
import { conversationOfSession, openSession, refuseBlocked } from './find-conversation.ts';
import { cleanImage } from './images/index.ts';
import { publicIdOf } from './public-ids.ts';
import { backendOf, routeOf } from './route.ts';
import type { DocumentAnswer, Services } from './services.ts';
import { holdFor } from './signed.ts';

/** How many operator messages are given out at once; the rest come with the next call. */
const inboxLength = 200;

async function changeSession(
  services: Services,
  participant: Participant,
  caller: Caller,
  change: Omit<ConversationChange, 'updatedAt'>,
): Promise<Conversation> {
  const conversation = await openSession(services, participant, caller);
  await services.store.changeConversation(conversation.id, { ...change, updatedAt: caller.call.receivedAt });
  return conversation;
}

/** A session without a conversation has no messages. */
export async function listSessionMessages(
  services: Services,
  { participant, page }: InputOf<'list-session-messages'>,
  caller: Caller,
): Promise<DocumentAnswer<'list-session-messages'>> {
  const conversation = await conversationOfSession(services, participant, caller);
  if (conversation === undefined) return { value: { entries: [], total: 0, offset: page.offset, limit: page.limit } };
  const conversationId = publicIdOf(conversation, caller);
  return { conversationId, value: showMessages(await services.store.messages(conversation.id, page), conversationId) };
}

/** What the conversation's backend wants to be told of; what is told to it was stored before. */
function forwardsOf(caller: Caller, conversation: Conversation): Backend['forwards'] {
  return backendOf(caller, routeOf(caller, conversation)).forwards;
}

/** Stored first: a backend that cannot be told of it fails the call, and loses nothing. */
export async function saveContact(
  services: Services,
  input: InputOf<'save-contact'>,
  caller: Caller,
): Promise<DocumentAnswer<'save-contact'>> {
  const { participant, contact } = input;
  const conversation = await changeSession(services, participant, caller, { contact });
  await forwardsOf(caller, conversation)?.['save-contact']?.(input, conversation, caller.call);
  return { value: { contact } };
}

/** Stored first, as a contact is. */
export async function rateConversation(
  services: Services,
  input: InputOf<'rate-conversation'>,
  caller: Caller,
): Promise<DocumentAnswer<'rate-conversation'>> {
  const { participant, score, comment } = input;
  const rating = defined({ score, comment, ratedAt: caller.call.receivedAt });
  const conversation = await changeSession(services, participant, caller, { rating });
  await forwardsOf(caller, conversation)?.['rate-conversation']?.(input, conversation, caller.call);
  return { value: defined({ score, comment }) };
}

export async function getBlockStatus(
  services: Services,
  { participant }: InputOf<'get-block-status'>,
  caller: Caller,
): Promise<DocumentAnswer<'get-block-status'>> {
  const conversation = await conversationOfSession(services, participant, caller);
  return { value: { blocked: conversation?.blocked ?? false } };
}

export async function collectNudges(
  services: Services,
  { participant }: InputOf<'collect-nudges'>,
  caller: Caller,
): Promise<DocumentAnswer<'collect-nudges'>> {
  const conversation = await conversationOfSession(services, participant, caller);
  return { value: { nudges: conversation === undefined ? [] : await services.store.takeNudges(conversation.id) } };
}

export async function collectOperatorMessages(
  services: Services,
  { participant, afterSequence, since }: InputOf<'collect-operator-messages'>,
  caller: Caller,
): Promise<DocumentAnswer<'collect-operator-messages'>> {
  const conversation = await conversationOfSession(services, participant, caller);
  if (conversation === undefined) return { value: { messages: [], mode: 'ai' } };
  const asked = afterSequence !== undefined || since !== undefined;
  const from = asked ? (afterSequence ?? 0) : conversation.collectedSequence;
  const messages = await operatorMessages(services, conversation.id, { from, since });
  const newest = messages.at(-1)?.sequence;
  if (!asked && newest !== undefined) {
    const change = { collectedSequence: newest, updatedAt: caller.call.receivedAt };
    await services.store.changeConversation(conversation.id, change);
  }
  return { value: { messages, mode: conversation.mode } satisfies OutputOf<'collect-operator-messages'> };
}

/** An inbox full of operators' messages, the oldest first. Times have no index: what is older is read and passed over. */
async function operatorMessages(
  { store }: Services,
  conversationId: string,
  { from, since }: { readonly from: number; readonly since: string | undefined },
): Promise<readonly Message[]> {
  const after = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  for (let sequence = from; ; ) {
    const read = await store.operatorMessagesAfter(conversationId, sequence, inboxLength);
    const wanted = read.filter(({ createdAt }) => Date.parse(createdAt) > after);
    const last = read.at(-1);
    if (wanted.length > 0 || last === undefined) return wanted;
    sequence = last.sequence;
  }
}

/** Throws `unsupported-media-type` unless the bytes are those of a whole PNG, JPEG, GIF or WebP image, and `payload-too-large` without room for it. */
export async function uploadImage(
  services: Services,
  { participant, image }: InputOf<'upload-image'>,
  caller: Caller,
): Promise<DocumentAnswer<'upload-image'>> {
  const conversation = await conversationOfSession(services, participant, caller);
  if (conversation !== undefined) refuseBlocked(await holdFor(services, conversation, caller));
  const owner = defined({
    tenantId: caller.tenant.id,
    site: caller.site ?? '', // only sites have this operation
    session: participant.sessionId ?? '',
    conversationId: conversation?.id,
  });
  return { value: await services.images.keep(cleanImage(image.bytes), owner) };
}

/** What became of a nudge is counted; nothing is kept. */
export function recordNudgeEvent(
  services: Services,
  { event }: InputOf<'record-nudge-event'>,
): Promise<DocumentAnswer<'record-nudge-event'>> {
  services.nudgeEvent(event);
  return Promise.resolve({ value: { event } });
}
