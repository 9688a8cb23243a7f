import { type Awaitable, early, whenReady } from '../async/awaitable.ts';
import type { Turn } from '../canonical/index.ts';
import { agentNamed, answer, beginTurn } from './begin-turn.ts';
import type { Caller } from './caller.ts';
import { continued } from './continuation.ts';
import { conversationOfTurn, type SentTurn, visitorMessage } from './find-conversation.ts';
import { idempotencyOf } from './idempotency.ts';
import { sided } from './migrating.ts';
import { heedDemands } from './model-demands.ts';
import { innerId } from './public-ids.ts';
import { sendOnce } from './send-idempotent.ts';
import type { ReplyAnswer, Services } from './services.ts';
import { uncounted } from './token-budget.ts';

/** Stores what the visitor said, then has it answered. The same message id or idempotency key asks once, whatever process it is sent to. */
export function sendMessage(services: Services, turn: Turn, caller: Caller): Awaitable<ReplyAnswer> {
  return turn.continuation === undefined
    ? sendWhole(services, turn, caller)
    : continued(services, turn, caller).then((sent) => sendWhole(services, sent, caller));
}

const sendWhole = (services: Services, turn: SentTurn, caller: Caller): Awaitable<ReplyAnswer> =>
  turn.parameters === undefined && turn.tools === undefined
    ? send(services, turn, caller)
    : sendWithDemands(services, turn, caller);

function sendWithDemands(services: Services, asked: SentTurn, caller: Caller): Awaitable<ReplyAnswer> {
  const { turn, ignored } = heedDemands(asked, caller);
  const answering = send(services, turn, caller);
  return ignored.length === 0 ? answering : whenReady(answering, (answer) => ({ ignored, ...answer }));
}

function send(services: Services, turn: SentTurn, caller: Caller): Awaitable<ReplyAnswer> {
  const once = idempotencyOf(services, turn, caller);
  return once === undefined ? continueOrBegin(services, turn, caller) : sendOnce(services, turn, caller, once);
}

/** A turn in a conversation that its id spells out, and of which nothing has to be known before, is found and stored in one step. */
function continueOrBegin(services: Services, turn: SentTurn, caller: Caller): Awaitable<ReplyAnswer> {
  agentNamed(turn, caller);
  const id = turn.conversationId === undefined ? undefined : innerId(turn.conversationId);
  const isInOneStep = id !== undefined && caller.tokenBudget === undefined;
  return isInOneStep ? continueIn(services, turn, caller, id) : begin(services, turn, caller);
}

async function continueIn(services: Services, turn: SentTurn, caller: Caller, id: string): Promise<ReplyAnswer> {
  const going = await services.store.continueConversation(visitorMessage(turn, id, caller), caller.tenant.id);
  if (going?.message === undefined) return begin(services, turn, caller);
  const { conversation, message } = going;
  services.feed.stored(id);
  const siding = sided(services, { turn, conversation }, caller);
  const known = siding instanceof Promise ? await siding : siding;
  return answer(services, caller, { turn, conversation: known, messageId: message.id, tokenUsage: uncounted });
}

const begin = (services: Services, turn: SentTurn, caller: Caller): Awaitable<ReplyAnswer> =>
  beginTurn(services, turn, caller, { finding: early(conversationOfTurn(services, turn, caller)) });
