import { type Awaitable, whenReady } from '../async/awaitable.ts';
import {
  type ChatStream,
  type Conversation,
  defined,
  type Message,
  type Reply,
  unfoldReply,
} from '../canonical/index.ts';
import type { Lease } from '../stores/coordination.ts';
import type { Begun, IdempotencyEntry, NewConversation, PublicId } from '../stores/store.ts';
import type { AskedTurn } from './answer-context.ts';
import { answerInOrder } from './answer-in-order.ts';
import type { Caller } from './caller.ts';
import {
  agentOf,
  agentOfConversation,
  begin as beginConversation,
  conversationOfEntry,
  draftConversation,
  type FoundByTurn,
  refuseBlocked,
  type SentTurn,
  visitorMessage,
} from './find-conversation.ts';
import { type Idempotency, leaseOfReading, refuseOther } from './idempotency.ts';
import { migrationOf, sided } from './migrating.ts';
import { publicIdOf } from './public-ids.ts';
import { backendOf, routeOf } from './route.ts';
import type { ReplyAnswer, Services } from './services.ts';
import { heedReply } from './shadows/heed-reply.ts';
import { createSharedStream } from './shared-stream.ts';
import { holdFor } from './signed.ts';
import { type TokenUsage, withTokens } from './token-budget.ts';

export interface HeldOnce extends Idempotency {
  /** Held while the turn is answered. */
  readonly lease: Lease;
}

/** Who names an agent that is not there is told so, whatever was asked before. */
export const agentNamed = ({ agent }: SentTurn, caller: Caller) =>
  agent === undefined ? undefined : agentOf(caller, agent);

export interface Asked {
  readonly once?: HeldOnce;
  /** What the idempotency key stands for, if it was used before. */
  readonly entry?: Awaitable<IdempotencyEntry | undefined>;
  readonly finding: Awaitable<FoundByTurn>;
}

/** Takes a turn in, and begins to answer it. */
export function beginTurn(
  services: Services,
  turn: SentTurn,
  caller: Caller,
  { once, entry: asking, finding }: Asked,
): Awaitable<ReplyAnswer> {
  const named = agentNamed(turn, caller);
  return whenReady(asking, (entry) => {
    if (entry !== undefined) return answerStored(services, turn, caller, { entry, once });
    return whenReady(finding, ({ conversation: known, place }) => {
      if (known !== undefined) refuseBlocked(known);
      const agentId = (named ?? agentOfConversation(caller, known)).id;
      return withTokens(caller, { turn, conversation: known }, (tokenUsage) =>
        keepAndAnswer(services, turn, caller, { known, place, once, agentId, tokenUsage }),
      );
    });
  });
}

interface Keeping {
  readonly known: Conversation | undefined;
  readonly place: PublicId | undefined;
  readonly once: HeldOnce | undefined;
  readonly agentId: string;
  readonly tokenUsage: TokenUsage;
}

const keepAndAnswer = (services: Services, turn: SentTurn, caller: Caller, keeping: Keeping): Promise<ReplyAnswer> =>
  keep(services, turn, caller, keeping).then((kept) => {
    const { once, tokenUsage } = keeping;
    if ('taken' in kept) return answerStored(services, turn, caller, { entry: kept.taken, once, tokenUsage });
    const { conversation, message } = kept;
    services.feed.stored(conversation.id);
    return whenReady(sided(services, { turn, conversation }, caller), (known) =>
      answer(services, caller, defined({ turn, conversation: known, messageId: message.id, once, tokenUsage })),
    );
  });

/** Begins the conversation if there is none, and appends the visitor's message: in one change where no public id can be taken. */
function keep(services: Services, turn: SentTurn, caller: Caller, { known, place, once, agentId }: Keeping) {
  if (known !== undefined) return keepIn(services, turn, caller, { known, once });
  const draft = draftConversation(caller, { participant: turn.participant, place, agentId });
  if (draft.publicIds.length > 0) return keepUnder(services, turn, caller, { draft, once });
  return services.store.beginConversation(draft, visitorMessage(turn, draft.conversation.id, caller), once);
}

async function keepIn(
  services: Services,
  turn: SentTurn,
  caller: Caller,
  { known, once }: { readonly known: Conversation; readonly once: Idempotency | undefined },
): Promise<Begun> {
  const { store } = services;
  const conversation = caller.user === undefined ? known : await holdFor(services, known, caller);
  if (known.status === 'closed') await store.changeConversation(known.id, reopened(caller));
  return { conversation, ...(await store.appendMessage(visitorMessage(turn, known.id, caller), once)) };
}

/** Under public ids, which somebody else may have come to have meanwhile. */
async function keepUnder(
  services: Services,
  turn: SentTurn,
  caller: Caller,
  { draft, once }: { readonly draft: NewConversation; readonly once: Idempotency | undefined },
): Promise<Begun> {
  const conversation = await beginConversation(services, draft, caller);
  refuseBlocked(conversation);
  const appended = await services.store.appendMessage(visitorMessage(turn, conversation.id, caller), once);
  return { conversation, ...appended };
}

const reopened = ({ call }: Caller) => ({ status: 'active' as const, updatedAt: call.receivedAt });

export interface BegunTurn extends Omit<AskedTurn, 'onceKey'> {
  readonly once?: HeldOnce;
  readonly tokenUsage: TokenUsage;
}

/** Has a turn answered whose message is stored. */
export function answer(services: Services, caller: Caller, asked: BegunTurn): ReplyAnswer {
  const { once, tokenUsage, turn, conversation } = asked;
  const route = routeOf(caller, conversation, turn.agent);
  const backend = backendOf(caller, route);
  const place = placeOf(turn, conversation, caller);
  const migration = migrationOf(caller, conversation, turn.agent);
  const heeded = (stream: ChatStream): ChatStream =>
    migration === undefined ? stream : heedReply(services, stream, { migration, route, asked, caller });
  const start = (signal: AbortSignal): ChatStream =>
    conversation.mode === 'operator'
      ? silence(caller.replyId)
      : tokenUsage.count(
          heeded(
            answerInOrder(
              services,
              { onceKey: once?.key, ...asked },
              backend,
              signal === caller.call.signal ? caller : { ...caller, call: { ...caller.call, signal } },
            ),
          ),
        );
  const { signal } = caller.call;
  const shared = { start, cutOff: services.cutOff, deserted: route.onDisconnect };
  if (once !== undefined) {
    const { fingerprint, key, lease } = once;
    const isReadElsewhere = async () => (await services.leases.holder(leaseOfReading(caller.replyId))) !== undefined;
    const whenOver = () => void lease.release();
    const stream = services.running.share(key, { fingerprint, ...place }, { isReadElsewhere, whenOver, ...shared });
    return { stream: stream.read(signal), ...place };
  }
  if (route.onDisconnect === 'stop') return { stream: start(signal), ...place };
  return { stream: createSharedStream(shared).read(signal), ...place };
}

/** Where a turn is answered, and by whom. */
export function placeOf(turn: SentTurn, conversation: Conversation, caller: Caller) {
  return {
    conversationId: turn.conversationId ?? publicIdOf(conversation, caller),
    backend: routeOf(caller, conversation, turn.agent).backend,
  };
}

/** The stored reply to a turn that was asked before; another attempt, where there is none. */
async function answerStored(
  services: Services,
  turn: SentTurn,
  caller: Caller,
  { entry, once, tokenUsage }: { entry: IdempotencyEntry; once: HeldOnce | undefined; tokenUsage?: TokenUsage },
): Promise<ReplyAnswer> {
  refuseOther(entry.fingerprint, once);
  const conversation = await conversationOfEntry(services, entry, caller);
  const reply = await storedReply(services, entry);
  if (reply !== undefined) return answerWith(reply, placeOf(turn, conversation, caller));
  const begin = async (mine: TokenUsage) =>
    answer(services, caller, defined({ turn, conversation, messageId: entry.messageId, once, tokenUsage: mine }));
  return tokenUsage === undefined ? withTokens(caller, { turn, conversation }, begin) : begin(tokenUsage);
}

export async function storedReply({ store }: Services, entry: IdempotencyEntry): Promise<Message | undefined> {
  if (entry.replySequence === undefined) return undefined;
  const reply = await store.message(entry.conversationId, entry.replySequence);
  // To give it again is to acknowledge it: it has to outlive the node that it is read from.
  if (reply !== undefined) await store.kept?.(entry.conversationId);
  return reply;
}

export const answerWith = (reply: Message, { conversationId }: { readonly conversationId: string }): ReplyAnswer => ({
  conversationId,
  backend: 'stored',
  stream: replay(reply),
});

/** What is answered while a person has the conversation: nothing, in good order. */
export async function* silence(replyId: string): ChatStream {
  yield [
    { type: 'reply-start', replyId },
    { type: 'reply-end', finishReason: 'handed-over' },
  ];
}

/** A stored reply, told again. */
export async function* replay(message: Message): ChatStream {
  const { id, text, items, suggestions, model, usage, finishReason = 'stop', calls, createdAt } = message;
  const reply = { id, text, items, suggestions, model, usage, finishReason, calls, createdAt };
  yield unfoldReply(defined(reply) satisfies Reply);
}
