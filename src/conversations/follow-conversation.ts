import { randomUUID } from 'node:crypto';
import {
  type ChatEvent,
  type FeedEvent,
  type InputOf,
  type Message,
  type ReplyProgress,
  unfoldReply,
} from '../canonical/index.ts';
import type { Caller } from './caller.ts';
import {
  createFeedReader,
  type FeedReader,
  type Place,
  type Position,
  readPosition,
  type Stage,
  storedPosition,
} from './feed-reader.ts';
import { conversationOf } from './find-conversation.ts';
import type { RunningReply } from './running-replies.ts';
import type { FeedAnswer, Services } from './services.ts';

/** How many messages stand for "recent", and are read at once in catching up. */
const recentLength = 20;
const catchUpLength = 1_000;

/** Tells what happens in a conversation: from now on, from the place that the follower was at, or only what is there now. */
export async function followConversation(
  services: Services,
  input: InputOf<'follow-conversation'>,
  caller: Caller,
): Promise<FeedAnswer> {
  const conversation = await conversationOf(services, input.conversationId, caller, input.participant);
  const place = { inner: conversation.id, shown: input.conversationId };
  if (input.delivery === 'recent') return { conversationId: place.shown, stream: recent(services, place) };
  const userId = input.participant?.userId;
  const opened: FeedEvent = {
    type: 'opened',
    tenantId: caller.tenant.id,
    participant: input.participant ?? conversation.participant,
    participantCreated:
      userId !== undefined && (await services.store.ensureUser({ tenantId: caller.tenant.id, userId })),
  };
  const stream = follow(services, { place, opened, from: readPosition(input.after), caller });
  return { conversationId: place.shown, stream };
}

interface Following {
  readonly place: Place;
  readonly opened: FeedEvent;
  readonly from: Position | undefined;
  readonly caller: Caller;
}

async function* follow(services: Services, { place, opened, from, caller }: Following) {
  const { signal, receivedAt } = caller.call;
  const known = from?.sequence ?? (await lastSequence(services, place));
  const { channel, leave } = services.feed.join(place.inner, caller.carrier);
  try {
    // Deleted before the channel was joined: nobody would ever end it.
    if ((await services.store.conversation(place.inner)) === undefined) return;
    const reader = createFeedReader(place, channel, known);
    // Until the catching up is over, the place is where the follower was.
    yield [reader.entry(opened, { id: caller.replyId, at: receivedAt }, 'catching-up')];
    if (from?.epoch === channel.epoch && channel.since(from.tick) !== undefined) reader.resume(from.tick);
    else yield* catchUp(services, place, reader, from !== undefined);
    while (!signal.aborted && !channel.closed) {
      const entries = reader.read();
      if (entries === undefined) yield* catchUp(services, place, reader, true);
      else if (entries.length > 0) yield entries;
      else await channel.next(signal);
    }
  } finally {
    leave();
  }
}

async function lastSequence({ store }: Services, { inner }: Place): Promise<number> {
  return (await store.latestMessages(inner, 1)).at(-1)?.sequence ?? 0;
}

/**
 * What a follower missed that is no longer in the channel: stored messages whole, then the replies that are under way. Only the
 * last entry has a place in the channel: a follower who comes back from an earlier one is told the rest again from the store.
 */
async function* catchUp(services: Services, place: Place, reader: FeedReader, missed: boolean) {
  // Both in one step, so that the channel goes on exactly where the snapshots end.
  reader.resume(reader.channel.newest);
  const snapshots = services.running.of(place.inner).map((reply) => ({ reply, told: underWay(reply) }));
  const finished = new Set<string>();
  let page: readonly Message[] = [];
  for (let full = missed; full; ) {
    page = await services.store.messagesAfter(place.inner, reader.sequence, catchUpLength);
    full = page.length === catchUpLength;
    for (const { id } of page) finished.add(id);
    if (full) yield page.map((message) => reader.message(message, 'catching-up'));
  }
  const open = snapshots.filter(({ reply }) => !finished.has(reply.replyId)).flatMap(({ told }) => told);
  const rest = [
    ...page.map((message) => (stage: Stage) => reader.message(message, stage)),
    ...open.map(
      ({ event, ...facts }) =>
        (stage: Stage) =>
          reader.entry(event, facts, stage),
    ),
  ];
  const batch = rest.map((tell, index) => tell(index === rest.length - 1 ? 'in-channel' : 'catching-up'));
  if (batch.length > 0) yield batch;
}

/** A running reply, told from its beginning. Its text comes last: it is what must not be told twice. */
function underWay(reply: RunningReply) {
  const soFar = reply.soFar();
  const progress = unfoldReply(soFar).filter(isProgress);
  const isText = ({ type }: ReplyProgress) => type === 'text-delta';
  const events: FeedEvent[] = [
    { type: 'reply-started', replyId: reply.replyId },
    ...[...progress.filter((step) => !isText(step)), ...progress.filter(isText)].map((step) => ({
      type: 'reply-progress' as const,
      replyId: reply.replyId,
      progress: step,
    })),
  ];
  return events.map((event) => ({ event, id: randomUUID(), at: soFar.createdAt }));
}

function isProgress(event: ChatEvent): event is ReplyProgress {
  return event.type !== 'reply-start' && event.type !== 'reply-end';
}

async function* recent(services: Services, place: Place) {
  const underWayNow = services.running.of(place.inner).flatMap(underWay);
  const messages = await services.store.latestMessages(place.inner, recentLength);
  const last = messages.at(-1)?.sequence ?? 0;
  yield [
    ...messages.map((message) => ({
      id: message.id,
      at: message.createdAt,
      position: storedPosition(message.sequence),
      conversationId: place.shown,
      event: { type: 'message' as const, message: { ...message, conversationId: place.shown } },
    })),
    ...underWayNow.map((told) => ({ ...told, position: storedPosition(last), conversationId: place.shown })),
  ];
}
