import { early } from '../async/awaitable.ts';
import { agentNamed, answerWith, beginTurn, placeOf, storedReply } from './begin-turn.ts';
import type { Caller } from './caller.ts';
import { conversationOfEntry, conversationOfTurn, type SentTurn } from './find-conversation.ts';
import { type Idempotency, leaseOfTurn, refuseOther } from './idempotency.ts';
import { entryElsewhere, joinReply, type RepliedElsewhere } from './join-reply.ts';
import type { ReplyAnswer, Services } from './services.ts';

/** Answers a turn that has an idempotency key: one attempt after the other, so that the second finds what the first has begun. */
export const sendOnce = (services: Services, turn: SentTurn, caller: Caller, once: Idempotency): Promise<ReplyAnswer> =>
  services.running.inOrder(once.key, async () => beginOnce(services, turn, caller, once));

/** The running reply of a turn that is asked again, here or in another process; otherwise the turn is this call's to answer. */
async function beginOnce(services: Services, turn: SentTurn, caller: Caller, once: Idempotency): Promise<ReplyAnswer> {
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
  const entry = early(services.store.idempotencyEntry(once.key));
  const finding = early(conversationOfTurn(services, turn, caller));
  const taken = await taking;
  if ('takenBy' in taken) {
    agentNamed(turn, caller);
    return answerElsewhere(services, turn, { once, caller, replyId: taken.takenBy });
  }
  const { lease } = taken;
  try {
    return await beginTurn(services, turn, caller, { once: { lease, ...once }, entry, finding });
  } finally {
    // A reply that runs gives it back at its end.
    if (services.running.shared(once.key) === undefined) await lease.release();
  }
}

/** Joins a reply that another process gives. */
async function answerElsewhere(services: Services, turn: SentTurn, elsewhere: RepliedElsewhere): Promise<ReplyAnswer> {
  const { once, caller } = elsewhere;
  const again = () => sendOnce(services, turn, caller, once);
  const entry = await entryElsewhere(services, elsewhere);
  if (entry === undefined) return beginOnce(services, turn, caller, once);
  refuseOther(entry.fingerprint, once);
  const conversation = await conversationOfEntry(services, entry, caller);
  const stored = await storedReply(services, entry);
  if (stored !== undefined) return answerWith(stored, placeOf(turn, conversation, caller));
  const stream = joinReply(services, conversation, elsewhere, async () => (await again()).stream);
  return { stream, ...placeOf(turn, conversation, caller) };
}
