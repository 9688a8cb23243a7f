import type { FeedEntry, FeedEvent, Message } from '../canonical/index.ts';
import type { Channel } from './feed.ts';

/** A conversation, and the id that a follower's dialect shows for it. */
export interface Place {
  readonly inner: string;
  /** The id in the follower's dialect. */
  readonly shown: string;
}

/** Where a follower is: the last stored message it was told of, and the last tick of one channel. */
export interface Position {
  readonly sequence: number;
  readonly epoch: string;
  readonly tick: number;
}

const positionShape = /^(\d{1,15})-([0-9a-f]{8})\.(\d{1,15})$/;

/** A place that a follower comes back with; one that we never gave is no place, and following begins now. */
export function readPosition(text: string | undefined): Position | undefined {
  const [, sequence, epoch, tick] = positionShape.exec(text ?? '') ?? [];
  return epoch === undefined ? undefined : { sequence: Number(sequence), epoch, tick: Number(tick) };
}

const writePosition = ({ sequence, epoch, tick }: Position): string => `${sequence}-${epoch}.${tick}`;

/** The place after a stored message, in no channel: who comes back to it is caught up with from the store. */
export const storedPosition = (sequence: number): string => writePosition({ sequence, epoch: '00000000', tick: 0 });

/** Whether an entry has its place in the channel, or stands for what the channel no longer has. */
export type Stage = 'catching-up' | 'in-channel';

export type FeedReader = ReturnType<typeof createFeedReader>;

/** Reads a channel for one follower: keeps its place, and leaves out messages that it was told of already. */
export function createFeedReader(place: Place, channel: Channel, known: number) {
  let sequence = known;
  let tick = channel.newest;
  const finished = new Set<string>();

  const entry = (
    event: FeedEvent,
    facts: { readonly id: string; readonly at: string },
    stage: Stage = 'in-channel',
  ): FeedEntry => ({
    ...facts,
    position:
      stage === 'in-channel' ? writePosition({ sequence, epoch: channel.epoch, tick }) : storedPosition(sequence),
    conversationId: place.shown,
    event,
  });
  const message = (stored: Message, stage: Stage): FeedEntry => {
    sequence = Math.max(sequence, stored.sequence);
    finished.add(stored.id);
    return entry(
      { type: 'message', message: { ...stored, conversationId: place.shown } },
      { id: stored.id, at: stored.createdAt },
      stage,
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
          if (!finished.delete(event.message.id)) entries.push(message(event.message, 'in-channel'));
          finished.delete(event.message.id);
        } else if (!('replyId' in event && finished.has(event.replyId))) {
          entries.push(entry(event, facts));
        }
      }
      return entries;
    },
  };
}
