import { createHash, randomUUID } from 'node:crypto';
import {
  type ChatStream,
  type Conversation,
  defined,
  type Message,
  type Reply,
  type Turn,
  unfoldReply,
} from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { NewMessage, OnceEntry, OnceKey } from '../stores/store.ts';
import { type Spend, withTokens } from './allowance.ts';
import { answerInOrder } from './answer-in-order.ts';
import type { AskedTurn } from './answer-turn.ts';
import type { Caller } from './caller.ts';
import {
  agentOf,
  agentOfConversation,
  conversationOfTurn,
  draftConversation,
  noConversation,
  refuseBlocked,
} from './find-conversation.ts';
import { publicIdOf } from './public-ids.ts';
import { backendOf, routeOf } from './route.ts';
import type { ReplyAnswer, Services } from './services.ts';
import { createSharedStream } from './shared-stream.ts';

/** Stores what the visitor said, then has it answered. The same message id or idempotency key asks once. */
export function sendMessage(services: Services, turn: Turn, caller: Caller): Promise<ReplyAnswer> {
  const once = onceKeyOf(services, turn, caller);
  const begin = () => beginTurn(services, turn, caller, once);
  return once === undefined ? begin() : services.running.inOrder(once.key, begin);
}

async function beginTurn(services: Services, turn: Turn, caller: Caller, once: Once | undefined): Promise<ReplyAnswer> {
  // Who names an agent that is not there is told so, whatever was asked before.
  const named = turn.agent === undefined ? undefined : agentOf(caller, turn.agent);
  const again = once && (await answerAgain(services, turn, caller, once));
  if (again !== undefined) return again;
  const known = await conversationOfTurn(services, turn, caller);
  if (known !== undefined) refuseBlocked(known);
  const agentId = (named ?? agentOfConversation(caller, known)).id;
  return withTokens(caller, { turn, conversation: known }, async (spend) => {
    const { conversation, stored } = await keep(services, turn, caller, { known, once, agentId });
    if ('taken' in stored) return answerStored(services, turn, caller, { entry: stored.taken, once });
    services.feed.publish(conversation.id, { type: 'message', message: stored.message });
    return answer(services, caller, defined({ turn, conversation, messageId: stored.message.id, once, spend }));
  });
}

interface Once {
  readonly key: OnceKey;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

function onceKeyOf(services: Services, turn: Turn, caller: Caller): Once | undefined {
  const key = turn.clientMessageId || caller.idempotencyKey; // an empty one is none
  if (!key) return undefined;
  // A message id belongs to the visitor that made it up, a header to the key that sent it.
  const owner = turn.clientMessageId ? (turn.participant.sessionId ?? turn.conversationId ?? '') : '';
  const { text, conversationId, agent, attachments, itemLimit, history } = turn;
  const asked = [caller.dialect.name, text, conversationId, agent, attachments, itemLimit, history];
  return {
    key: { tenantId: caller.tenant.id, scope: JSON.stringify([caller.principal, owner]), key },
    fingerprint: createHash('sha256').update(JSON.stringify(asked)).digest('base64'),
    expiresAt: Date.now() + services.onceWindowMs,
  };
}

/** Begins the conversation if there is none, and appends the visitor's message: in one commit where no public id can be taken. */
async function keep(
  services: Services,
  turn: Turn,
  caller: Caller,
  { known, once, agentId }: { known: Conversation | undefined; once: Once | undefined; agentId: string },
) {
  const { store } = services;
  const append = (conversationId: string) => store.appendMessage(visitorMessage(turn, conversationId, caller), once);
  if (known !== undefined) {
    if (known.status === 'closed') await store.changeConversation(known.id, reopened(caller));
    return { conversation: known, stored: await append(known.id) };
  }
  const draft = draftConversation(caller, { turn, agentId });
  const opening = store.openConversation(draft);
  if (draft.publicIds.length > 0) {
    const { conversation } = await opening;
    refuseBlocked(conversation);
    return { conversation, stored: await append(conversation.id) };
  }
  const [{ conversation }, stored] = await Promise.all([opening, append(draft.conversation.id)]);
  // Another attempt of this turn came first, with a conversation of its own.
  if ('taken' in stored) await store.deleteConversation(conversation.id);
  return { conversation, stored };
}

const reopened = ({ call }: Caller) => ({ status: 'active' as const, updatedAt: call.receivedAt });

function visitorMessage(turn: Turn, conversationId: string, caller: Caller): NewMessage {
  return defined({
    id: randomUUID(),
    conversationId,
    role: 'visitor' as const,
    text: turn.text,
    items: [],
    suggestions: [],
    attachments: turn.attachments,
    createdAt: caller.call.receivedAt,
    status: 'complete' as const,
    author: turn.participant,
    clientMessageId: turn.clientMessageId,
    metadata: turn.extra,
  });
}

interface BegunTurn extends AskedTurn {
  readonly once?: Once;
  readonly spend: Spend;
}

function answer(services: Services, caller: Caller, asked: BegunTurn): ReplyAnswer {
  const { once, spend, turn, conversation } = asked;
  const route = routeOf(caller, conversation, turn.agent);
  const backend = backendOf(caller, route);
  const conversationId = turn.conversationId ?? publicIdOf(conversation, caller);
  const start = (signal: AbortSignal): ChatStream =>
    conversation.mode === 'operator'
      ? silence(caller.replyId)
      : spend(
          answerInOrder(services, { ...asked, onceKey: once?.key }, backend, {
            ...caller,
            call: { ...caller.call, signal },
          }),
        );
  const { signal } = caller.call;
  const place = { conversationId, backend: backend.name };
  const shared = { start, cutOff: services.cutOff, deserted: route.onDisconnect };
  if (once !== undefined) {
    const { fingerprint, key } = once;
    return { ...place, stream: services.running.share(key, { ...place, fingerprint }, shared).read(signal) };
  }
  if (route.onDisconnect === 'stop') return { ...place, stream: start(signal) };
  return { ...place, stream: createSharedStream(shared).read(signal) };
}

/** What is answered while a person has the conversation: nothing, in good order. */
async function* silence(replyId: string): ChatStream {
  yield [
    { type: 'reply-start', replyId },
    { type: 'reply-end', finishReason: 'handed-over' },
  ];
}

/** The answer to a turn that was asked before: the running reply, the stored one, or a new attempt; `undefined` if it was not. */
async function answerAgain(
  services: Services,
  turn: Turn,
  caller: Caller,
  once: Once,
): Promise<ReplyAnswer | undefined> {
  const running = services.running.shared(once.key);
  if (running !== undefined) {
    refuseOther(running.fingerprint, once);
    const { conversationId, backend } = running;
    return { conversationId, backend, stream: running.read(caller.call.signal) };
  }
  const entry = await services.store.onceEntry(once.key);
  return entry && answerStored(services, turn, caller, { entry, once });
}

function refuseOther(fingerprint: string, once: Once | undefined): void {
  if (fingerprint === once?.fingerprint) return;
  throw new GatewayError('conflict', 'This message id or idempotency key was used for another message');
}

async function answerStored(
  services: Services,
  turn: Turn,
  caller: Caller,
  { entry, once }: { entry: OnceEntry; once: Once | undefined },
): Promise<ReplyAnswer> {
  refuseOther(entry.fingerprint, once);
  const conversation = await services.store.conversation(entry.conversationId);
  if (conversation === undefined) throw noConversation(entry.conversationId);
  refuseBlocked(conversation);
  const reply = entry.replySequence && (await services.store.message(conversation.id, entry.replySequence));
  if (!reply) {
    return withTokens(caller, { turn, conversation }, async (spend) =>
      answer(services, caller, defined({ turn, conversation, messageId: entry.messageId, once, spend })),
    );
  }
  const conversationId = turn.conversationId ?? publicIdOf(conversation, caller);
  return { conversationId, backend: 'stored', stream: replay(reply) };
}

async function* replay(message: Message): ChatStream {
  const { id, text, items, suggestions, model, usage, finishReason = 'stop', createdAt } = message;
  yield unfoldReply(defined({ id, text, items, suggestions, model, usage, finishReason, createdAt }) satisfies Reply);
}
