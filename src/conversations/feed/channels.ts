import { comparePlaces, type LogPlace } from '../../stores/log.ts';
import { type ChannelBounds, createChannel, type LiveChannel } from './channel.ts';
import type { Followed, ProcessNote } from './notes.ts';

export interface ChannelsOptions extends ChannelBounds {
  /** How long a channel stays after its last follower was heard of, in milliseconds. */
  readonly lingerMs: number;
  /** How often processes say again whom they follow, in milliseconds. */
  readonly renewMs: number;
  /** At most this many ticks in all channels: the oldest are dropped. */
  readonly maxTicksInAll: number;
  /** At most this much text in all channels, in characters. */
  readonly maxCharactersInAll: number;
  /** Called when a channel begins, or is to be told anew what this process knows. */
  readonly whenBegun: (conversationId: string) => void;
}

type Tick = Parameters<LiveChannel['push']>[0];

/** The channels of conversations that are followed somewhere: what every process makes of the same notes. */
export interface Channels {
  get(conversationId: string): LiveChannel | undefined;
  readonly all: ReadonlyMap<string, LiveChannel>;
  tick(conversationId: string, tick: Tick): void;
  follow(place: LogPlace, process: string, note: Extract<ProcessNote, { type: 'follow' }>): void;
  leave(place: LogPlace, process: string, conversationId: string): void;
  end(conversationId: string): void;
  /** A process is gone, and its followers with it. */
  forget(process: string): void;
  /** Forgets all that was told, and keeps who follows. */
  beginAnew(): void;
  /** Drops what nobody has followed for long. */
  sweep(isFollowedHere: (conversationId: string) => boolean): void;
}

export function createChannels(options: ChannelsOptions): Channels {
  const { lingerMs, renewMs, maxTicksInAll, maxCharactersInAll, whenBegun } = options;
  const channels = new Map<string, LiveChannel>();
  const timers = new WeakMap<LiveChannel, NodeJS.Timeout>();
  /** Conversations that nobody has said to follow for long. */
  const idle = new Set<string>();
  const order = createOrder({ ticks: maxTicksInAll, characters: maxCharactersInAll });
  // A process that has read for a while knows all that is followed: a tick of another conversation is for nobody.
  const learnMs = 2 * renewMs;
  let learningSince = performance.now();

  /** By the log's clock, so that all processes find the same. */
  const isOver = (channel: LiveChannel, place: LogPlace): boolean => place[0] - channel.followedAt.place > lingerMs;

  const open = (conversationId: string, place: LogPlace): LiveChannel => {
    const channel = createChannel(place, options);
    channels.set(conversationId, channel);
    // Longer than any process takes the channel for one: what is published while it is, is told.
    const timer = setTimeout(() => idle.add(conversationId), lingerMs * 1.25).unref();
    timers.set(channel, timer);
    return channel;
  };
  const follow = (place: LogPlace, process: string, [conversationId, sockets]: Followed): boolean => {
    const known = channels.get(conversationId);
    const channel = known ?? open(conversationId, place);
    const wasOver = isOver(channel, place);
    if (wasOver) channel.begin(place);
    channel.follow(place, process, sockets);
    timers.get(channel)?.refresh();
    idle.delete(conversationId);
    return known === undefined || wasOver;
  };

  return {
    get: (conversationId) => channels.get(conversationId),
    all: channels,
    tick(conversationId, tick) {
      const known = channels.get(conversationId);
      if (known === undefined && performance.now() - learningSince > learnMs) return;
      const channel = known ?? open(conversationId, tick.place);
      channel.push(tick);
      order.push(channel, tick);
      if (known === undefined) whenBegun(conversationId);
    },
    follow(place, process, { followed, anew }) {
      for (const entry of followed) {
        const begins = follow(place, process, entry);
        const channel = channels.get(entry[0]);
        if (channel !== undefined && anew) channel.isWhole = true;
        if (begins || anew) whenBegun(entry[0]);
      }
    },
    leave: (place, process, conversationId) => channels.get(conversationId)?.leave(place, process),
    end(conversationId) {
      channels.get(conversationId)?.close();
      channels.delete(conversationId);
    },
    forget(process) {
      for (const channel of channels.values()) channel.forget(process);
    },
    beginAnew() {
      learningSince = performance.now();
      for (const channel of channels.values()) channel.begin();
    },
    sweep(isFollowedHere) {
      if (idle.size === 0) return;
      for (const conversationId of idle) {
        if (isFollowedHere(conversationId)) continue;
        channels.delete(conversationId);
        idle.delete(conversationId);
      }
      order.keep(new Set(channels.values()));
    },
  };
}

/** Drops the oldest ticks of all channels, so that all together hold no more than so much. */
function createOrder(most: { readonly ticks: number; readonly characters: number }) {
  let pushed: { readonly channel: LiveChannel; readonly place: LogPlace; readonly size: number }[] = [];
  let first = 0;
  let characters = 0;
  const dropOldest = (): void => {
    const oldest = pushed[first];
    if (oldest === undefined) return;
    const { channel, place, size } = oldest;
    first += 1;
    characters -= size;
    while (channel.oldest !== undefined && comparePlaces(channel.oldest, place) <= 0) channel.trim();
  };
  return {
    push(channel: LiveChannel, { place, size }: Tick): void {
      pushed.push({ channel, place, size });
      characters += size;
      while (pushed.length - first > most.ticks || characters > most.characters) dropOldest();
      if (first > pushed.length / 2) [pushed, first] = [pushed.slice(first), 0];
    },
    /** Forgets the ticks of all other channels, and so the channels. */
    keep(living: ReadonlySet<LiveChannel>): void {
      const kept = pushed.slice(first).filter(({ channel }) => living.has(channel));
      [pushed, first] = [kept, 0];
      characters = kept.reduce((sum, { size }) => sum + size, 0);
    },
  };
}
