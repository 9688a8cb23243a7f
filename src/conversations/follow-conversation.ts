import { type FeedEntry, type FeedEvent, type InputOf, type Message, unfoldReply } from '../canonical/index.ts';
import type { Caller } from './caller.ts';
import type { Channel } from './feed.ts';
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

interface Place {
  readonly inner: string;
  /** The id in the follower's dialect. */
  readonly shown: string;
}

/** Where a follower is: the last stored message it was told of, and the last tick of one channel. */
interface Position {
  readonly sequence: number;
  readonly epoch: string;
  readonly tick: number;
}

const positionShape = /^(\d{1,15})-([0-9a-f]{8})\.(\d{1,15})$/;

/** A place that a follower comes back with; one that we never gave is no place, and following begins now. */
function readPosition(text: string | undefined): Position | undefined {
  const [, sequence, epoch, tick] = positionShape.exec(text ?? '') ?? [];
  return epoch === undefined ? undefined : { sequence: Number(sequence), epoch, tick: Number(tick) };
}

const writePosition = ({ sequence, epoch, tick }: Position): string => `${sequence}-${epoch}.${tick}`;

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
    const reader = createReader(place, channel, known);
    yield [reader.entry(opened, { id: caller.replyId, at: receivedAt })];
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

/** What a follower missed that is no longer in the channel: stored messages whole, then the replies that are under way. */
async function* catchUp(services: Services, place: Place, reader: Reader, missed: boolean) {
  // Both in one step, so that the channel goes on exactly where the snapshots end.
  reader.resume(reader.channel.newest);
  const snapshots = services.running.of(place.inner).map((reply) => ({ reply, told: underWay(reply) }));
  const finished = new Set<string>();
  for (let full = missed; full; ) {
    const messages = await services.store.messagesAfter(place.inner, reader.sequence, catchUpLength);
    full = messages.length === catchUpLength;
    if (messages.length > 0) yield messages.map((message) => reader.message(message));
    for (const { id } of messages) finished.add(id);
  }
  const open = snapshots.filter(({ reply }) => !finished.has(reply.replyId)).flatMap(({ told }) => told);
  if (open.length > 0) yield open.map(({ event, ...facts }) => reader.entry(event, facts));
}

/** A running reply, told from its beginning. */
function underWay(reply: RunningReply) {
  const soFar = reply.soFar();
  const events: FeedEvent[] = [{ type: 'reply-started', replyId: reply.replyId }];
  for (const progress of unfoldReply(soFar)) {
    if (progress.type === 'reply-start' || progress.type === 'reply-end') continue;
    events.push({ type: 'reply-progress', replyId: reply.replyId, progress });
  }
  return events.map((event) => ({ event, id: reply.replyId, at: soFar.createdAt }));
}

type Reader = ReturnType<typeof createReader>;

/** Reads a channel for one follower: keeps its place, and leaves out messages that it was told of already. */
function createReader(place: Place, channel: Channel, known: number) {
  let sequence = known;
  let tick = channel.newest;
  const finished = new Set<string>();

  const entry = (event: FeedEvent, facts: { readonly id: string; readonly at: string }): FeedEntry => ({
    ...facts,
    position: writePosition({ sequence, epoch: channel.epoch, tick }),
    conversationId: place.shown,
    event,
  });
  const message = (stored: Message): FeedEntry => {
    sequence = Math.max(sequence, stored.sequence);
    finished.add(stored.id);
    return entry(
      { type: 'message', message: { ...stored, conversationId: place.shown } },
      { id: stored.id, at: stored.createdAt },
    );
  };

  return {
    channel,
    entry,
    message,
    get sequence() {
      return sequence;
    },
    resume(at: number): void {
      tick = at;
    },
    /** What is new, in order; `undefined` if the channel no longer has it. */
    read(): readonly FeedEntry[] | undefined {
      const entries: FeedEntry[] = [];
      const ticks = channel.since(tick);
      if (ticks === undefined) return undefined;
      for (const { tick: at, event, ...facts } of ticks) {
        tick = at;
        if (event.type === 'message') {
          if (!finished.delete(event.message.id)) entries.push({ ...message(event.message), ...facts });
          finished.delete(event.message.id);
        } else if (!('replyId' in event && finished.has(event.replyId))) {
          entries.push(entry(event, facts));
        }
      }
      return entries;
    },
  };
}

async function* recent(services: Services, place: Place) {
  const underWayNow = services.running.of(place.inner).flatMap(underWay);
  const messages = await services.store.latestMessages(place.inner, recentLength);
  const position = (sequence: number) => writePosition({ sequence, epoch: '00000000', tick: 0 });
  const last = messages.at(-1)?.sequence ?? 0;
  yield [
    ...messages.map((message) => ({
      id: message.id,
      at: message.createdAt,
      position: position(message.sequence),
      conversationId: place.shown,
      event: { type: 'message' as const, message: { ...message, conversationId: place.shown } },
    })),
    ...underWayNow.map((told) => ({ ...told, position: position(last), conversationId: place.shown })),
  ];
}
