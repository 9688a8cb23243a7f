import { randomUUID } from 'node:crypto';
import { defined, type FeedEntry, type FeedEvent, type InputOf, type Message } from '../canonical/index.ts';
import type { Caller } from './caller.ts';
import { isQuietFor } from './feed/quiet.ts';
import {
  afterStored,
  createFeedReader,
  type FeedReader,
  type Place,
  readPosition,
  type Stage,
  storedPosition,
  type UntoldReply,
} from './feed-reader.ts';
import { conversationOf } from './find-conversation.ts';
import type { FeedAnswer, Services } from './services.ts';

/** How many messages stand for "recent", and are read at once in catching up. */
const recentLength = 20;
const catchUpLength = 1_000;
/** What was stored is told so soon, if it is told at all; in milliseconds. */
const tellingMs = 1_000;

/** Tells what happens in a conversation: from now on, from the place that the follower was at, or only what is there now. */
export async function followConversation(
  services: Services,
  input: InputOf<'follow-conversation'>,
  caller: Caller,
): Promise<FeedAnswer> {
  const { store } = services;
  const { participant } = input;
  const conversation = await conversationOf(services, input.conversationId, caller, participant);
  const place = { inner: conversation.id, shown: input.conversationId };
  const { agentId } = conversation;
  if (input.delivery === 'recent') {
    return { conversationId: place.shown, agentId, stream: recent(services, place, caller) };
  }
  const userId = participant?.userId;
  const [participantCreated, known] = await Promise.all([
    userId !== undefined && store.ensureUser({ tenantId: caller.tenant.id, userId }),
    store.latestMessages(place.inner, recentLength),
  ]);
  const opened: Opened = {
    type: 'opened',
    tenantId: caller.tenant.id,
    participant: participant ?? conversation.participant,
    participantCreated,
  };
  const { signal } = caller.call;
  // Before the answer begins: what its reader does then is told.
  const joined = await services.feed.join(place.inner, caller.carrier, signal);
  signal.addEventListener('abort', joined.leave, { once: true }); // also if nobody reads the answer
  const from = readPosition(input.after);
  const last = known.at(-1)?.sequence ?? 0;
  // What was told may have been lost since, in a store that is a copy: it has given out fewer numbers then.
  const start = from ? { ...from, sequence: Math.min(from.sequence, last) } : afterStored(last);
  const reader = createFeedReader(place, joined.channel, { ...start, known });
  const stream = follow(services, {
    place,
    opened,
    comesBack: from !== undefined,
    reader,
    leave: joined.leave,
    caller,
  });
  return { conversationId: place.shown, agentId, stream };
}

type Opened = Extract<FeedEvent, { readonly type: 'opened' }>;

interface Following {
  readonly place: Place;
  readonly opened: Opened;
  readonly comesBack: boolean;
  /** Begins where the channel was joined. */
  readonly reader: FeedReader;
  leave(): void;
  readonly caller: Caller;
}

async function* follow(services: Services, { place, opened, comesBack, reader, leave, caller }: Following) {
  const { signal, receivedAt } = caller.call;
  const { channel } = reader;
  try {
    let { deaths } = channel;
    let conversation = await services.store.conversation(place.inner);
    // Deleted before the channel was joined: nobody would ever end it.
    if (conversation === undefined) return;
    // Of what is stored, something may be told by nobody, as the process is gone that should.
    let stored = conversation.messageCount;
    const growing = comesBack ? reader.resume() : undefined;
    // Until the catching up is over, the place is where the follower was.
    yield [reader.entry(defined({ ...opened, growing }), { id: caller.replyId, at: receivedAt }, 'catching-up')];
    if (growing === undefined)
      stored = Math.max(stored, yield* catchUp(services, place, reader, comesBack ? 'comes-back' : 'comes'));
    while (!signal.aborted && !channel.closed) {
      const entries = reader.read();
      if (entries === undefined) yield* catchUp(services, place, reader, 'missed');
      else if (entries.length > 0) yield entries;
      else if (channel.deaths > deaths) {
        deaths = channel.deaths;
        conversation = await services.store.conversation(place.inner);
        if (conversation === undefined) return;
        stored = conversation.messageCount;
      } else if (reader.sequence >= stored) await channel.next(signal);
      else if (await isQuietFor(channel, tellingMs, signal)) {
        stored = 0;
        yield* catchUp(services, place, reader, 'missed');
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

/**
 * What a follower missed that is no longer in the channel: stored messages whole, then the ends of replies that came to nothing while
 * it was there, and the replies that are under way. Only the last entry has a place in the channel: a follower who comes back from an
 * earlier one is told the rest again from the store. Gives the number of the newest message that was found.
 */
async function* catchUp(
  services: Services,
  place: Place,
  reader: FeedReader,
  why: 'comes' | 'comes-back' | 'missed',
): AsyncGenerator<readonly FeedEntry[], number, void> {
  // All in one step, so that the channel goes on exactly where the replies under way end.
  const unstored = reader.unstored();
  const underWay = reader.skip();
  const finished = new Set<string>();
  let untold: readonly Message[] = [];
  let after = reader.sure;
  for (let full = why !== 'comes'; full; ) {
    const page = await services.store.messagesAfter(place.inner, after, catchUpLength);
    full = page.length === catchUpLength;
    after = page.at(-1)?.sequence ?? after;
    for (const { id } of page) finished.add(id);
    untold = page.filter((message) => !reader.isKnown(message));
    if (full && untold.length > 0) yield untold.map((message) => reader.message(message, 'catching-up'));
  }
  const newest = untold.at(-1);
  // One that ends at this moment is told on step by step by the channel; if its end is not, it is looked up again.
  if (why === 'comes-back' && newest !== undefined && underWay.some(({ replyId }) => replyId === newest.id)) {
    untold = untold.slice(0, -1);
    finished.delete(newest.id);
  }
  const open = underWay.filter(({ replyId }) => !finished.has(replyId)).flatMap(entriesOf);
  const rest = [
    ...[...untold, ...unstored.filter(({ id }) => !finished.has(id))].map(
      (message) => (stage: Stage) => reader.message(message, stage),
    ),
    ...open.map(
      ({ event, ...facts }) =>
        (stage: Stage) =>
          reader.entry(event, facts, stage),
    ),
  ];
  const batch = rest.map((tell, index) => tell(index === rest.length - 1 ? 'in-channel' : 'catching-up'));
  if (batch.length > 0) yield batch;
  return after;
}

const entriesOf = ({ events, at }: UntoldReply) => events.map((event) => ({ event, id: randomUUID(), at }));

/** What is there now. Who asks again soon is told also of what another process says. */
async function* recent(services: Services, place: Place, { call }: Caller): AsyncGenerator<readonly FeedEntry[]> {
  const channel = await services.feed.glance(place.inner, call.signal);
  const underWay = createFeedReader(place, channel, afterStored(0)).skip().flatMap(entriesOf);
  const messages = await services.store.latestMessages(place.inner, recentLength);
  const last = messages.at(-1)?.sequence ?? 0;
  // A reply that has ended in between is there whole.
  const whole = new Set(messages.map(({ id }) => id));
  const growing = underWay.filter(({ event }) => !('replyId' in event && whole.has(event.replyId)));
  yield [
    ...messages.map((message) => ({
      id: message.id,
      at: message.createdAt,
      position: storedPosition(message.sequence),
      conversationId: place.shown,
      event: { type: 'message' as const, message: { ...message, conversationId: place.shown } },
    })),
    ...growing.map((told) => ({ ...told, position: storedPosition(last), conversationId: place.shown })),
  ];
}
