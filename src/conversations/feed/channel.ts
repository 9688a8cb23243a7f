import type { Message } from '../../canonical/index.ts';
import { comparePlaces, type LogPlace } from '../../stores/log.ts';
import { type FeedTick, messageIn } from './notes.ts';
import { createRepliesUnderWay, type ReplyUnderWay } from './replies-under-way.ts';

/** What is told about one conversation, kept for a while so that a follower can come back, here or in another process. */
export interface Channel {
  /** The place of the newest note about the conversation. */
  readonly newest: LogPlace;
  /** What came after a place; `undefined` if that is no longer known, or the place never was. */
  since(place: LogPlace): readonly FeedTick[] | undefined;
  /** The replies that are under way, as they were at a place that `since` knows; as they are now unless told. */
  underWay(place?: LogPlace): readonly ReplyUnderWay[];
  /** The ends of replies that came to nothing, of which no store knows, after a place. */
  unstored(after: LogPlace): readonly Message[];
  /** Resolves at the next note, at the channel's end, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  readonly closed: boolean;
  /** How many processes are gone since the channel began: each may have stored something that nobody will tell. */
  readonly deaths: number;
}

/** The sockets of one process on a conversation. */
interface Followers {
  readonly sockets: number;
  /** When it said so, by this process's clock. */
  readonly at: number;
}

export interface LiveChannel extends Channel {
  /** When its last follower was heard of: by the log's clock, and by this process's own. */
  readonly followedAt: { readonly place: number; readonly here: number };
  /** Whether all replies under way are known to it. */
  isWhole: boolean;
  push(tick: FeedTick & { readonly size: number }): void;
  follow(place: LogPlace, process: string, sockets: number): void;
  /** The last follower that a process has had is gone, and may come back. */
  leave(place: LogPlace, process: string): void;
  /** A process is gone, and its followers with it. */
  forget(process: string): void;
  /** Whether a process has told anything that is known still. */
  isToldBy(process: string): boolean;
  /** How many sockets follow it, of processes that said so since `since`. */
  sockets(since: number): number;
  /** Forgets all that was told; what comes from a place on is known again, or from the next note on if no place is given. */
  begin(place?: LogPlace): void;
  /** Drops its oldest tick. */
  trim(): void;
  readonly oldest: LogPlace | undefined;
  close(): void;
}

export interface ChannelBounds {
  /** At most this many ticks a channel. */
  readonly maxTicks: number;
  /** At most this much text in the ticks of a channel, in characters. */
  readonly maxCharacters: number;
}

/** A channel that knows all from a place on. */
export function createChannel(begun: LogPlace, { maxTicks, maxCharacters }: ChannelBounds): LiveChannel {
  let ticks: (FeedTick & { readonly size: number })[] = [];
  let dropped = createRepliesUnderWay();
  /** `undefined` until a note says where it begins. */
  let completeFrom: LogPlace | undefined = begun;
  let newest = begun;
  let characters = 0;
  let closed = false;
  let deaths = 0;
  let followedAt = { place: begun[0], here: performance.now() };
  const followers = new Map<string, Followers>();
  const waiting = new Set<() => void>();

  const wake = (): void => {
    for (const resume of [...waiting]) resume();
  };
  const advance = (place: LogPlace): void => {
    const begins = completeFrom === undefined;
    completeFrom ??= place;
    newest = place;
    // Who waits has missed what was forgotten, and need not wait for the next note to see it.
    if (begins) wake();
  };
  const touch = (place: LogPlace): void => {
    advance(place);
    followedAt = { place: place[0], here: performance.now() };
  };
  const trim = (): void => {
    const tick = ticks.shift();
    if (tick === undefined) return;
    characters -= tick.size;
    completeFrom = tick.place;
    dropped.add(tick);
  };
  /** How many ticks stand at a place or before it. */
  const countTo = (place: LogPlace): number => {
    let count = ticks.length;
    for (let tick = ticks[count - 1]; tick && comparePlaces(tick.place, place) > 0; tick = ticks[count - 1]) count -= 1;
    return count;
  };

  return {
    isWhole: false,
    get newest() {
      return newest;
    },
    get closed() {
      return closed;
    },
    get deaths() {
      return deaths;
    },
    get followedAt() {
      return followedAt;
    },
    get oldest() {
      return ticks[0]?.place;
    },
    since(place) {
      if (completeFrom === undefined) return [];
      const isKnown = comparePlaces(place, completeFrom) >= 0 && comparePlaces(place, newest) <= 0;
      return isKnown ? ticks.slice(countTo(place)) : undefined;
    },
    underWay(place = newest) {
      const replies = createRepliesUnderWay(dropped.list());
      for (const tick of ticks.slice(0, countTo(place))) replies.add(tick);
      return replies.list();
    },
    push(tick) {
      advance(tick.place);
      ticks.push(tick);
      characters += tick.size;
      while (ticks.length > maxTicks || (characters > maxCharacters && ticks.length > 1)) trim();
      wake();
    },
    trim,
    follow(place, process, sockets) {
      touch(place);
      followers.set(process, { sockets, at: followedAt.here });
    },
    leave(place, process) {
      touch(place);
      followers.delete(process);
    },
    forget(process) {
      followers.delete(process);
      deaths += 1;
      wake();
    },
    isToldBy: (process) => [...ticks, ...dropped.list()].some((told) => told.process === process),
    sockets(since) {
      let sum = 0;
      for (const { sockets, at } of followers.values()) if (at >= since) sum += sockets;
      return sum;
    },
    unstored: (after) =>
      ticks.slice(countTo(after)).flatMap((tick) => {
        const message = messageIn(tick.read());
        return message?.sequence === 0 ? [message] : [];
      }),
    begin(place) {
      [ticks, characters, dropped] = [[], 0, createRepliesUnderWay()];
      completeFrom = place;
      newest = place ?? newest;
      this.isWhole = false;
      wake();
    },
    next: (signal) =>
      new Promise((resolve) => {
        const resume = (): void => {
          waiting.delete(resume);
          signal.removeEventListener('abort', resume);
          resolve();
        };
        waiting.add(resume);
        signal.addEventListener('abort', resume, { once: true });
        if (closed || signal.aborted) resume();
      }),
    close() {
      closed = true;
      wake();
    },
  };
}

/** The channel of a conversation that is no more. */
export function createClosedChannel(): Channel {
  const channel = createChannel([0, 0], { maxTicks: 0, maxCharacters: 0 });
  channel.close();
  return channel;
}
