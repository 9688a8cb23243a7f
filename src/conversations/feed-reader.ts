import { randomUUID } from 'node:crypto';
import type { FeedEntry, FeedEvent, GrowingReply, Message } from '../canonical/index.ts';
import type { LogPlace } from '../stores/log.ts';
import type { Channel } from './feed/channel.ts';
import { type FeedTick, messageIn, type TickNote } from './feed/notes.ts';
import { createNumberedMessages } from './feed/numbered.ts';
import { createToldReplies, type ToldReplies } from './feed/told-replies.ts';

/** A conversation, and the id that a follower's dialect shows for it. */
export interface Place {
  readonly inner: string;
  /** The id in the follower's dialect. */
  readonly shown: string;
}

/** Where a follower is: the last stored message it was told of, and the last note that it was told of, which is the same in all processes. */
export interface Position {
  readonly sequence: number;
  readonly place: LogPlace;
}

/** Where a follower is, and the latest messages of those that it was told of, or that were stored before it came. */
export interface Start extends Position {
  readonly known?: readonly Message[];
}

// Places once began with eight hexadecimal digits: what was told since such a one is in the store.
const positionShape = /^(\d{1,15})-([0-9a-f]{1,15})\.(\d{1,15})$/;
/** Before every note. */
const nowhere: LogPlace = [0, 0];

/** A place that a follower comes back with; one that we never gave is no place, and following begins now. */
export function readPosition(text: string | undefined): Position | undefined {
  const [, ...numbers] = positionShape.exec(text ?? '') ?? [];
  const [sequence, major, minor] = numbers.map(Number);
  if (sequence === undefined || major === undefined || minor === undefined) return undefined;
  return { sequence, place: Number.isNaN(major) ? nowhere : [major, minor] };
}

/** Where a follower is who was told of nothing but what is stored. */
export const afterStored = (sequence: number): Position => ({ sequence, place: nowhere });

const writePosition = ({ sequence, place: [major, minor] }: Position): string => `${sequence}-${major}.${minor}`;

/** The place after a stored message, and before every note: who comes back to it is caught up with from the store. */
export const storedPosition = (sequence: number): string => writePosition(afterStored(sequence));

/** Whether an entry has its place in the channel, or stands for what was looked up: its place is then where the follower was before. */
export type Stage = 'catching-up' | 'in-channel';

/** Reads a channel for one follower: keeps its place, and leaves out what it was told already. */
export interface FeedReader {
  readonly channel: Channel;
  /** Up to where the follower was told of what is stored. */
  readonly sequence: number;
  /** After which message the store is looked at for what the follower missed: numbers after it may have been given again. */
  readonly sure: number;
  /** Whether the follower was told of a message. */
  isKnown(message: Message): boolean;
  entry(event: FeedEvent, facts: { readonly id: string; readonly at: string }, stage: Stage): FeedEntry;
  message(stored: Message, stage: Stage): FeedEntry;
  /**
   * Goes on from where the follower was, here or in another process. Gives the replies that it was in the middle of, the latest last;
   * `undefined` if what came after that is not known.
   */
  resume(): readonly GrowingReply[] | undefined;
  /** The ends, that it has not read yet, of replies of which no store knows. */
  unstored(): readonly Message[];
  /** Goes on from now; gives what is under way and was not told, each reply from where the follower has it. */
  skip(): readonly UntoldReply[];
  /** What is new, in order; `undefined` if it is to be looked up in the store. */
  read(): readonly FeedEntry[] | undefined;
}

/** What of a reply under way was not told. */
export interface UntoldReply {
  readonly replyId: string;
  readonly at: string;
  readonly events: readonly FeedEvent[];
}

/** A reader for who was told all up to a position. */
export function createFeedReader({ shown }: Place, channel: Channel, from: Start): FeedReader {
  let { sequence, place: heard } = from;
  const numbered = createNumberedMessages(from.known?.filter((known) => known.sequence <= from.sequence));
  let place = channel.newest;
  let told: ToldReplies = createToldReplies();

  const entry: FeedReader['entry'] = (event, facts, stage) => {
    if (stage === 'in-channel') heard = place;
    return { ...facts, position: writePosition({ sequence, place: heard }), conversationId: shown, event };
  };
  const message: FeedReader['message'] = (stored, stage) => {
    sequence = numbered.isAnother(stored) ? stored.sequence : Math.max(sequence, stored.sequence);
    numbered.add(stored);
    told.finish(stored);
    const facts = { id: stored.id, at: stored.createdAt };
    return entry({ type: 'message', message: { ...stored, conversationId: shown } }, facts, stage);
  };
  const isKnown = (message: Message): boolean => {
    const { id, sequence: at, status } = message;
    const end = told.endOf(id);
    // A process that was taken for dead may give its reply after all, in the place of what was kept of it.
    if (end !== undefined) return end === 'complete' || end === status;
    return at > 0 && at <= sequence && !told.isOpen(id) && !numbered.isAnother(message);
  };
  /**
   * Messages come in the order of their numbers: between two that do not follow each other there may be one that comes later, as there may
   * be before one whose number is given again.
   */
  const isAhead = (note: TickNote): boolean => {
    if (note.type === 'stored') return note.sequence > sequence;
    const message = messageIn(note);
    if (message === undefined || isKnown(message)) return false;
    return message.sequence > sequence + 1 || numbered.isAnother(message);
  };

  const tell = (tick: FeedTick, note: TickNote): readonly FeedEntry[] => {
    const stored = messageIn(note);
    if (stored !== undefined) {
      place = tick.place;
      return isKnown(stored) ? [] : [message(stored, 'in-channel')];
    }
    const events = told.take(note);
    // Who loses the connection in the middle of them is told them again.
    const entries = events.map((event, index) => {
      if (index === events.length - 1) place = tick.place;
      return entry(event, factsOf(note, events.length), 'in-channel');
    });
    place = tick.place;
    return entries;
  };

  return {
    channel,
    entry,
    message,
    get sequence() {
      return sequence;
    },
    get sure() {
      return Math.min(sequence, (numbered.least ?? Number.POSITIVE_INFINITY) - 1);
    },
    isKnown,
    resume() {
      const missed = channel.since(heard);
      if (missed === undefined) return undefined;
      place = heard;
      const growing = channel.underWay(heard);
      told = createToldReplies(growing.map(({ soFar }) => soFar));
      // Of what it was told from the store, the channel tells later.
      for (const tick of missed) {
        const message = messageIn(tick.read());
        if (message && message.sequence > 0 && message.sequence <= sequence) told.finish(message);
      }
      return growing
        .filter(({ replyId }) => told.isOpen(replyId))
        .map(({ replyId, isCutInto }) => ({ replyId, isCutInto }));
    },
    unstored: () => channel.unstored(place).filter((message) => !isKnown(message)),
    skip() {
      place = channel.newest;
      return channel.underWay().map(({ replyId, soFar }) => ({
        replyId,
        at: soFar.createdAt,
        events: told.take({ type: 'reply', reply: soFar }),
      }));
    },
    read() {
      const ticks = channel.since(place);
      if (ticks === undefined) return undefined;
      const entries: FeedEntry[] = [];
      for (const tick of ticks) {
        const note = tick.read();
        if (isAhead(note)) return entries.length > 0 ? entries : undefined;
        entries.push(...tell(tick, note));
      }
      return entries;
    },
  };
}

/** The facts of one of the events that a note tells: its own, if it is the only one. */
function factsOf(note: TickNote, events: number): { readonly id: string; readonly at: string } {
  if (note.type === 'event') return { id: events === 1 ? note.id : randomUUID(), at: note.at };
  return { id: randomUUID(), at: note.type === 'reply' ? note.reply.createdAt : new Date().toISOString() };
}
