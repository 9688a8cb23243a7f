import { type ChatStream, type Conversation, defined, type Message, type Turn } from '../canonical/index.ts';
import type { Lease } from '../stores/leases.ts';
import type { OnceEntry, PublicId } from '../stores/store.ts';
import { type Meter, unmetered, withTokens } from './allowance.ts';
import { answerInOrder } from './answer-in-order.ts';
import { type AskedTurn, withoutWorkings } from './answer-turn.ts';
import type { Caller } from './caller.ts';
import { continued } from './continuation.ts';
import {
  agentOf,
  agentOfConversation,
  begin as beginConversation,
  conversationOfEntry,
  conversationOfTurn,
  draftConversation,
  type FoundByTurn,
  refuseBlocked,
  type SentTurn,
  visitorMessage,
} from './find-conversation.ts';
import { entryElsewhere, joinReply, type RepliedElsewhere } from './join-reply.ts';
import { heedDemands } from './model-demands.ts';
import { leaseOfReading, leaseOfTurn, type Once, onceOf, refuseOther } from './once.ts';
import { innerId, publicIdOf } from './public-ids.ts';
import { replay, silence } from './replies-of-nobody.ts';
import { backendOf, routeOf } from './route.ts';
import type { ReplyAnswer, Services } from './services.ts';
import { createSharedStream } from './shared-stream.ts';
import { holdFor } from './signed.ts';

/** Stores what the visitor said, then has it answered. The same message id or idempotency key asks once, whatever process it is sent to. */
export function sendMessage(services: Services, turn: Turn, caller: Caller): Promise<ReplyAnswer> {
  return turn.continuation === undefined
    ? send(services, turn, caller)
    : continued(services, turn, caller).then((sent) => send(services, sent, caller));
}

function send(services: Services, turn: SentTurn, caller: Caller): Promise<ReplyAnswer> {
  return turn.parameters === undefined && turn.tools === undefined
    ? sendOnce(services, turn, caller)
    : sendWithDemands(services, turn, caller);
}

async function sendWithDemands(services: Services, asked: SentTurn, caller: Caller): Promise<ReplyAnswer> {
  const { turn, ignored } = heedDemands(asked, caller);
  const answer = sendOnce(services, turn, caller);
  return ignored.length === 0 ? answer : { ...(await answer), ignored };
}

function sendOnce(services: Services, turn: SentTurn, caller: Caller): Promise<ReplyAnswer> {
  const once = onceOf(services, turn, caller);
  return once === undefined
    ? continueOrBegin(services, turn, caller)
    : services.running.inOrder(once.key, () => beginOnce(services, turn, caller, once));
}

/** A turn in a conversation that its id spells out, and of which nothing has to be known before, is found and stored in one step. */
async function continueOrBegin(services: Services, turn: SentTurn, caller: Caller): Promise<ReplyAnswer> {
  agentNamed(turn, caller);
  const id = turn.conversationId === undefined ? undefined : innerId(turn.conversationId);
  if (id === undefined || caller.allowance !== undefined) return begin(services, turn, caller);
  const going = await services.store.continueConversation(visitorMessage(turn, id, caller), caller.tenant.id);
  if (going?.message === undefined) return begin(services, turn, caller);
  const { conversation, message } = going;
  services.feed.publish(id, { type: 'message', message: asPublished(message) });
  return answer(services, caller, { turn, conversation, messageId: message.id, meter: unmetered });
}

const asPublished = (message: Message) => (message.told === undefined ? message : withoutWorkings(message));
const begin = (services: Services, turn: SentTurn, caller: Caller): Promise<ReplyAnswer> =>
  beginTurn(services, turn, caller, { finding: early(conversationOfTurn(services, turn, caller)) });

/** The running reply of a turn that is asked again, here or in another process; otherwise the turn is this call's to answer. */
async function beginOnce(services: Services, turn: SentTurn, caller: Caller, once: Once): Promise<ReplyAnswer> {
  const running = services.running.shared(once.key);
  if (running !== undefined) {
    agentNamed(turn, caller);
    refuseOther(running.fingerprint, once);
    services.admitFollower(running.readers());
    const { conversationId, backend } = running;
    return { conversationId, backend, stream: running.read(caller.call.signal) };
  }
  const taking = services.leases.take(leaseOfTurn(once), caller.replyId);
  // Asked for along with the lease. What was found before it was had may be old: `keep` finds out.
  const entry = early(services.store.onceEntry(once.key));
  const finding = early(conversationOfTurn(services, turn, caller));
  const taken = await taking;
  if ('takenBy' in taken) {
    agentNamed(turn, caller);
    return answerElsewhere(services, turn, { once, caller, replyId: taken.takenBy });
  }
  const { lease } = taken;
  try {
    return await beginTurn(services, turn, caller, { once: { ...once, lease }, entry, finding });
  } finally {
    // A reply that runs gives it back at its end.
    if (services.running.shared(once.key) === undefined) await lease.release();
  }
}

/** A promise that nobody may come to wait for. */
function early<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined); // who waits for it is told
  return promise;
}

/** Joins a reply that another process gives. */
async function answerElsewhere(services: Services, turn: SentTurn, elsewhere: RepliedElsewhere): Promise<ReplyAnswer> {
  const { once, caller } = elsewhere;
  const again = () => sendOnce(services, turn, caller);
  const entry = await entryElsewhere(services, elsewhere);
  if (entry === undefined) return beginOnce(services, turn, caller, once);
  refuseOther(entry.fingerprint, once);
  const conversation = await conversationOfEntry(services, entry, caller);
  const stored = await storedReply(services, entry);
  if (stored !== undefined) return answerWith(stored, placeOf(turn, conversation, caller));
  const stream = joinReply(services, conversation, elsewhere, async () => (await again()).stream);
  return { ...placeOf(turn, conversation, caller), stream };
}

interface HeldOnce extends Once {
  /** Held while the turn is answered. */
  readonly lease: Lease;
}

/** Who names an agent that is not there is told so, whatever was asked before. */
const agentNamed = ({ agent }: SentTurn, caller: Caller) => (agent === undefined ? undefined : agentOf(caller, agent));

interface Asked {
  readonly once?: HeldOnce;
  /** What the once-key stands for, if it was used before. */
  readonly entry?: Promise<OnceEntry | undefined>;
  readonly finding: Promise<FoundByTurn>;
}

async function beginTurn(
  services: Services,
  turn: SentTurn,
  caller: Caller,
  { once, entry: asking, finding }: Asked,
): Promise<ReplyAnswer> {
  const named = agentNamed(turn, caller);
  const entry = await asking;
  if (entry !== undefined) return answerStored(services, turn, caller, { entry, once });
  const { conversation: known, place } = await finding;
  if (known !== undefined) refuseBlocked(known);
  const agentId = (named ?? agentOfConversation(caller, known)).id;
  return withTokens(caller, { turn, conversation: known }, async (meter) => {
    const { conversation, stored } = await keep(services, turn, caller, { known, place, once, agentId });
    if ('taken' in stored) return answerStored(services, turn, caller, { entry: stored.taken, once, meter });
    services.feed.publish(conversation.id, { type: 'message', message: asPublished(stored.message) });
    return answer(services, caller, defined({ turn, conversation, messageId: stored.message.id, once, meter }));
  });
}

interface Kept {
  readonly known: Conversation | undefined;
  readonly place: PublicId | undefined;
  readonly once: Once | undefined;
  readonly agentId: string;
}

/** Begins the conversation if there is none, and appends the visitor's message: in one commit where no public id can be taken. */
async function keep(services: Services, turn: SentTurn, caller: Caller, { known, place, once, agentId }: Kept) {
  const { store } = services;
  const append = (conversationId: string) => store.appendMessage(visitorMessage(turn, conversationId, caller), once);
  if (known !== undefined) {
    const conversation = caller.user === undefined ? known : await holdFor(services, known, caller);
    if (known.status === 'closed') await store.changeConversation(known.id, reopened(caller));
    return { conversation, stored: await append(known.id) };
  }
  const draft = draftConversation(caller, { participant: turn.participant, place, agentId });
  if (draft.publicIds.length > 0) {
    const conversation = await beginConversation(services, draft, caller);
    refuseBlocked(conversation);
    return { conversation, stored: await append(conversation.id) };
  }
  const [{ conversation }, stored] = await Promise.all([store.openConversation(draft), append(draft.conversation.id)]);
  // Another attempt of this turn came first, with a conversation of its own.
  if ('taken' in stored) await store.deleteConversation(conversation.id);
  return { conversation, stored };
}

const reopened = ({ call }: Caller) => ({ status: 'active' as const, updatedAt: call.receivedAt });

interface BegunTurn extends AskedTurn {
  readonly once?: HeldOnce;
  readonly meter: Meter;
}

function answer(services: Services, caller: Caller, asked: BegunTurn): ReplyAnswer {
  const { once, meter, turn, conversation } = asked;
  const route = routeOf(caller, conversation, turn.agent);
  const backend = backendOf(caller, route);
  const place = placeOf(turn, conversation, caller);
  const start = (signal: AbortSignal): ChatStream =>
    conversation.mode === 'operator'
      ? silence(caller.replyId)
      : meter.count(
          answerInOrder(services, { ...asked, onceKey: once?.key }, backend, {
            ...caller,
            call: { ...caller.call, signal },
          }),
        );
  const { signal } = caller.call;
  const shared = { start, cutOff: services.cutOff, deserted: route.onDisconnect };
  if (once !== undefined) {
    const { fingerprint, key, lease } = once;
    const isReadElsewhere = async () => (await services.leases.holder(leaseOfReading(caller.replyId))) !== undefined;
    const whenOver = () => void lease.release();
    const stream = services.running.share(key, { ...place, fingerprint }, { ...shared, isReadElsewhere, whenOver });
    return { ...place, stream: stream.read(signal) };
  }
  if (route.onDisconnect === 'stop') return { ...place, stream: start(signal) };
  return { ...place, stream: createSharedStream(shared).read(signal) };
}

/** Where a turn is answered, and by whom. */
function placeOf(turn: SentTurn, conversation: Conversation, caller: Caller) {
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
  { entry, once, meter }: { entry: OnceEntry; once: HeldOnce | undefined; meter?: Meter },
): Promise<ReplyAnswer> {
  refuseOther(entry.fingerprint, once);
  const conversation = await conversationOfEntry(services, entry, caller);
  const reply = await storedReply(services, entry);
  if (reply !== undefined) return answerWith(reply, placeOf(turn, conversation, caller));
  const begin = async (mine: Meter) =>
    answer(services, caller, defined({ turn, conversation, messageId: entry.messageId, once, meter: mine }));
  return meter === undefined ? withTokens(caller, { turn, conversation }, begin) : begin(meter);
}

async function storedReply({ store }: Services, entry: OnceEntry): Promise<Message | undefined> {
  return entry.replySequence === undefined ? undefined : store.message(entry.conversationId, entry.replySequence);
}

const answerWith = (reply: Message, { conversationId }: { readonly conversationId: string }): ReplyAnswer => ({
  conversationId,
  backend: 'stored',
  stream: replay(reply),
});
