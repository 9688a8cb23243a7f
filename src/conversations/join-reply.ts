import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type ChatEvent, type ChatStream, type Conversation, defined, type Message } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Lease } from '../stores/coordination.ts';
import type { IdempotencyEntry } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import type { Reader } from './feed/reader.ts';
import { type Lengths, noLengths, stepsAfter, stepsOf } from './feed/steps.ts';
import { type Idempotency, leaseOfReading, leaseOfTurn } from './idempotency.ts';
import type { Services } from './services.ts';

/** A reply that another process is giving to the same turn. */
export interface RepliedElsewhere {
  readonly once: Idempotency;
  readonly replyId: string;
  readonly caller: Caller;
}

/** How long to wait for news before looking whether the reply is still being given, in milliseconds. */
const patienceMs = 1_000;
/** Between two looks for what another process has just begun to store, in milliseconds. */
const beginningMs = 25;

/** What the idempotency key of a reply elsewhere stands for, as soon as it is stored; `undefined` if the reply is over before that. */
export async function entryElsewhere(
  { store, leases }: Services,
  { once, replyId, caller }: RepliedElsewhere,
): Promise<IdempotencyEntry | undefined> {
  for (;;) {
    const [entry, holder] = await Promise.all([store.idempotencyEntry(once.key), leases.holder(leaseOfTurn(once))]);
    if (entry !== undefined || holder !== replyId) return entry;
    await wait(beginningMs, undefined, { signal: caller.call.signal });
  }
}

/**
 * The reply that another process gives, from its beginning, as its record grows. One that is over before anything of it was told is
 * answered by `again`: from the store, or by another attempt. It goes on while it is read here. Throws `upstream-unavailable` where it
 * breaks off later, or another reply takes its place.
 */
export async function* joinReply(
  services: Services,
  conversation: Conversation,
  joined: RepliedElsewhere,
  again: () => Promise<ChatStream>,
): ChatStream {
  const { once, replyId, caller } = joined;
  const known = noLengths();
  const followed = await services.feed.join(conversation.id, 'http', () => 0, caller.call.signal);
  const keeping = keepGoing(services, joined);
  try {
    yield* tellReply(services, joined, followed.reader, known);
  } finally {
    followed.leave();
    await keeping.end();
  }
  if (isNothing(known)) {
    await whenFree(services, joined);
    yield* await again();
    return;
  }
  const { store } = services;
  const entry = await store.idempotencyEntry(once.key);
  const stored = entry?.replySequence && (await store.message(conversation.id, entry.replySequence));
  // The turn may have been answered by another attempt meanwhile: its words do not follow on those of this one.
  if (!stored || stored.id !== replyId)
    throw new GatewayError('upstream-unavailable', 'The reply broke off in another process');
  await store.kept?.(conversation.id); // its end says so
  yield [...stepsAfter(stepsOf(stored), known), endOf(stored)];
}

const isNothing = ({ text, items, suggestions }: Lengths): boolean => text + items + suggestions === 0;

const endOf = ({ finishReason = 'stop', calls, model, usage }: Message): ChatEvent =>
  defined({ type: 'reply-end' as const, finishReason, calls, model, usage });

/** Says that the reply is read here, for as long as it is: one reader in all processes says it, and the next one after it. */
function keepGoing({ leases }: Services, { replyId }: Pick<RepliedElsewhere, 'replyId'>) {
  const reader = randomUUID();
  const name = leaseOfReading(replyId);
  const take = async (): Promise<Lease | undefined> => {
    const taken = await leases.take(name, reader).catch(() => undefined); // tried again soon
    return taken !== undefined && 'lease' in taken ? taken.lease : undefined;
  };
  let taking = take();
  const timer = setInterval(() => {
    taking = taking.then((lease) => lease ?? take());
  }, patienceMs / 2).unref();
  return {
    async end(): Promise<void> {
      clearInterval(timer);
      await (await taking)?.release();
    },
  };
}

/** What is read of the reply, which is counted to `known`. Ends with it, with the conversation, or when nobody gives it any more. */
async function* tellReply(services: Services, joined: RepliedElsewhere, reader: Reader, known: Lengths): ChatStream {
  const { replyId, caller } = joined;
  const { signal } = caller.call;
  const { view } = reader;
  let askedAt = Number.NEGATIVE_INFINITY;
  while (!reader.isOver) {
    const running = view.replies.get(replyId);
    const begins = isNothing(known);
    const steps = running === undefined ? [] : [...stepsAfter(running.steps, known)];
    if (steps.length > 0) {
      // It begins with its first words: until then another attempt can take its place.
      yield begins ? [{ type: 'reply-start', replyId }, ...steps] : steps;
      continue;
    }
    if ([...view.messages, ...view.buried].some(({ id }) => id === replyId)) return;
    if (isNothing(known) || performance.now() - askedAt >= patienceMs) {
      askedAt = performance.now();
      const isGiven = await isGivenStill(services, joined);
      if (view.replies.get(replyId) !== running) continue;
      if (!isGiven) return;
    }
    signal.throwIfAborted();
    await reader.next(patienceMs);
    signal.throwIfAborted();
  }
}

/** Resolves when the reply is stored, or another attempt can take its place: a lease that could not be given back ends by itself. */
async function whenFree(services: Services, joined: RepliedElsewhere): Promise<void> {
  const { signal } = joined.caller.call;
  while (await isGivenStill(services, joined)) await wait(beginningMs, undefined, { signal });
}

/** Whether the other process gives the reply still, and has not stored it. While nobody can say, it does. */
async function isGivenStill({ leases, store }: Services, { once, replyId }: RepliedElsewhere): Promise<boolean> {
  try {
    const [holder, entry] = await Promise.all([leases.holder(leaseOfTurn(once)), store.idempotencyEntry(once.key)]);
    return holder === replyId && entry?.replySequence === undefined;
  } catch {
    return true;
  }
}
