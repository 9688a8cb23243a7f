import { setTimeout as wait } from 'node:timers/promises';
import {
  type ChatEvent,
  type ChatStream,
  type Conversation,
  createReplyFolder,
  defined,
  type FeedEvent,
  type Message,
} from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Lease } from '../stores/leases.ts';
import type { LogPlace } from '../stores/log.ts';
import type { OnceEntry } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import type { Channel } from './feed/channel.ts';
import type { TickNote } from './feed/notes.ts';
import { isQuietFor } from './feed/quiet.ts';
import type { ReplyUnderWay } from './feed/replies-under-way.ts';
import { createToldReplies } from './feed/told-replies.ts';
import { leaseOfReading, leaseOfTurn, type Once } from './once.ts';
import type { Services } from './services.ts';

/** A reply that another process is giving to the same turn. */
export interface RepliedElsewhere {
  readonly once: Once;
  readonly replyId: string;
  readonly caller: Caller;
}

/** How long to wait for news before looking whether the reply is still being given, in milliseconds. */
const patienceMs = 1_000;
/** Between two looks for what another process has just begun to store, in milliseconds. */
const beginningMs = 25;

/** What the once-key of a reply elsewhere stands for, as soon as it is stored; `undefined` if the reply is over before that. */
export async function entryElsewhere(
  { store, leases }: Services,
  { once, replyId, caller }: RepliedElsewhere,
): Promise<OnceEntry | undefined> {
  for (;;) {
    const [entry, holder] = await Promise.all([store.onceEntry(once.key), leases.holder(leaseOfTurn(once))]);
    if (entry !== undefined || holder !== replyId) return entry;
    await wait(beginningMs, undefined, { signal: caller.call.signal });
  }
}

/**
 * The reply that another process gives, from its beginning, as the conversation's feed tells it. One that is over before anything of
 * it was told is answered by `again`: from the store, or by another attempt. It goes on while it is read here. Throws
 * `upstream-unavailable` where it breaks off later, or another reply takes its place.
 */
export async function* joinReply(
  services: Services,
  conversation: Conversation,
  joined: RepliedElsewhere,
  again: () => Promise<ChatStream>,
): ChatStream {
  const { once, replyId, caller } = joined;
  const reader = createReader(replyId, caller.call.receivedAt);
  const followed = await services.feed.join(conversation.id, 'http', caller.call.signal);
  const keeping = keepGoing(services, joined);
  try {
    yield* tellReply(services, joined, { channel: followed.channel, reader });
  } finally {
    followed.leave();
    await keeping.end();
  }
  if (reader.isWhole()) return;
  const entry = await services.store.onceEntry(once.key);
  const stored = entry?.replySequence && (await services.store.message(conversation.id, entry.replySequence));
  if (!reader.hasBegun()) yield* await again();
  // The turn may have been answered by another attempt meanwhile: its words do not follow on those of this one.
  else if (stored && stored.id === replyId) yield reader.rest(stored);
  else throw new GatewayError('upstream-unavailable', 'The reply broke off in another process');
}

/** Says that the reply is read here, for as long as it is: one reader in all processes says it, and the next one after it. */
function keepGoing({ leases }: Services, { replyId, caller }: RepliedElsewhere) {
  const name = leaseOfReading(replyId);
  const take = async (): Promise<Lease | undefined> => {
    const taken = await leases.take(name, caller.call.requestId).catch(() => undefined); // tried again soon
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

/** What the channel tells of the reply. Ends with it, with the channel, or when nobody gives it any more. */
async function* tellReply(
  services: Services,
  joined: RepliedElsewhere,
  { channel, reader }: { readonly channel: Channel; readonly reader: Reader },
): ChatStream {
  const { signal } = joined.caller.call;
  let place: LogPlace | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  while (!reader.isOver() && !channel.closed) {
    const ticks = place && channel.since(place);
    const notes = ticks?.map((tick) => tick.read()) ?? channel.underWay().flatMap(toNote);
    place = channel.newest;
    const batch = notes.flatMap(reader.read);
    if (batch.length > 0) {
      yield batch;
      continue;
    }
    if (!reader.hasBegun() || performance.now() - askedAt >= patienceMs) {
      askedAt = performance.now();
      const isGiven = await isGivenStill(services, joined);
      if (channel.since(place)?.length !== 0) continue;
      if (!isGiven) return;
    }
    await isQuietFor(channel, patienceMs, signal);
    signal.throwIfAborted();
  }
}

/** Whether the other process gives the reply still, and has not stored it. While nobody can say, it does. */
async function isGivenStill({ leases, store }: Services, { once, replyId }: RepliedElsewhere): Promise<boolean> {
  try {
    const [holder, entry] = await Promise.all([leases.holder(leaseOfTurn(once)), store.onceEntry(once.key)]);
    return holder === replyId && entry?.replySequence === undefined;
  } catch {
    return true;
  }
}

const toNote = ({ soFar }: ReplyUnderWay): TickNote => ({ type: 'reply', reply: soFar });

type Reader = ReturnType<typeof createReader>;

/** Makes a reply's own events of what a feed tells. */
function createReader(replyId: string, receivedAt: string) {
  const known = createToldReplies();
  const folder = createReplyFolder(receivedAt);
  let over = false;
  let whole = false;

  const end = ({ finishReason = 'stop', calls, model, usage }: Message): ChatEvent =>
    defined({ type: 'reply-end' as const, finishReason, calls, model, usage });
  /** What a whole reply says beyond what was told of it, and its end: parts may have come too late. */
  const rest = (message: Message): readonly ChatEvent[] => {
    const told = folder.reply();
    const more = {
      text: message.text.slice(told.text.length),
      items: message.items.slice(told.items.length),
      suggestions: message.suggestions.slice(told.suggestions.length),
    };
    return [
      ...(more.items.length > 0 ? [{ type: 'items-found' as const, items: more.items }] : []),
      ...(more.text === '' ? [] : [{ type: 'text-delta' as const, text: more.text }]),
      ...(more.suggestions.length > 0 ? [{ type: 'suggestions' as const, suggestions: more.suggestions }] : []),
      end(message),
    ];
  };
  const toEvent = (event: FeedEvent): readonly ChatEvent[] => {
    if (event.type === 'reply-started') return event.replyId === replyId ? [{ type: 'reply-start', replyId }] : [];
    if (event.type === 'reply-progress') return event.replyId === replyId ? [event.progress] : [];
    if (event.type !== 'message' || event.message.id !== replyId) return [];
    over = true;
    // One that was told only as a message is in the store.
    whole = folder.reply().id === replyId && event.message.status === 'complete';
    return whole ? rest(event.message) : [];
  };

  return {
    read(note: TickNote): readonly ChatEvent[] {
      const events = known.take(note).flatMap(toEvent);
      for (const event of events) folder.add(event);
      return events;
    },
    rest,
    hasBegun: () => folder.reply().id === replyId,
    isOver: () => over,
    isWhole: () => whole,
  };
}
