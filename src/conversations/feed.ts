import { randomUUID } from 'node:crypto';
import type { FeedEvent } from '../canonical/index.ts';

/** An event in a channel: `tick` counts from 1 while the channel lives. */
export interface FeedTick {
  readonly tick: number;
  readonly id: string;
  readonly at: string;
  readonly event: FeedEvent;
}

/** What is told about one conversation, kept for a while so that a follower can come back. */
export interface Channel {
  /** Differs from every other channel's, so that a place in another one is known as such. */
  readonly epoch: string;
  /** The newest tick; 0 if nothing was told yet. */
  readonly newest: number;
  /** What came after a tick; `undefined` if that is no longer known. */
  since(tick: number): readonly FeedTick[] | undefined;
  /** Resolves at the next event, at the channel's end, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  readonly closed: boolean;
}

export interface Feed {
  /** Tells an event to all who follow. */
  publish(conversationId: string, event: FeedEvent): void;
  /** Joins a conversation's channel until `leave` is called. */
  join(conversationId: string, carrier: 'http' | 'socket'): { readonly channel: Channel; leave(): void };
  /** How many sockets follow a conversation. */
  socketCount(conversationId: string): number;
  /** Ends the following of a conversation that is no more. */
  end(conversationId: string): void;
}

export interface FeedOptions {
  /** At most this many events a channel. */
  readonly maxTicks?: number;
  /** At most this much text in the events of a channel, in characters. */
  readonly maxCharacters?: number;
  /** How long a channel stays after its last follower left, in milliseconds. */
  readonly lingerMs?: number;
}

/**
 * A feed inside this process. Only conversations that someone follows, or followed within the linger time, have a channel;
 * to the others publishing costs a look-up.
 */
export function createFeed({ maxTicks = 2_048, maxCharacters = 4_194_304, lingerMs = 60_000 }: FeedOptions = {}): Feed {
  const channels = new Map<string, LiveChannel>();

  const drop = (conversationId: string, channel: LiveChannel): void => {
    channel.close();
    if (channels.get(conversationId) === channel) channels.delete(conversationId);
  };

  return {
    publish: (conversationId, event) => channels.get(conversationId)?.push(event),
    join(conversationId, carrier) {
      const channel = channels.get(conversationId) ?? createChannel(maxTicks, maxCharacters);
      channels.set(conversationId, channel);
      const leave = channel.enter(carrier);
      return {
        channel,
        leave: () => {
          leave();
          channel.whenEmptyFor(lingerMs, () => drop(conversationId, channel));
        },
      };
    },
    socketCount: (conversationId) => channels.get(conversationId)?.sockets() ?? 0,
    end(conversationId) {
      const channel = channels.get(conversationId);
      if (channel !== undefined) drop(conversationId, channel);
    },
  };
}

interface LiveChannel extends Channel {
  push(event: FeedEvent): void;
  enter(carrier: 'http' | 'socket'): () => void;
  sockets(): number;
  whenEmptyFor(ms: number, then: () => void): void;
  close(): void;
}

function createChannel(maxTicks: number, maxCharacters: number): LiveChannel {
  const ticks: FeedTick[] = [];
  const followers = new Map<object, 'http' | 'socket'>();
  const waiting = new Set<() => void>();
  let characters = 0;
  let newest = 0;
  let closed = false;
  let linger: NodeJS.Timeout | undefined;

  const wake = (): void => {
    for (const resume of [...waiting]) resume();
  };

  return {
    epoch: randomUUID().slice(0, 8),
    get newest() {
      return newest;
    },
    get closed() {
      return closed;
    },
    since(tick) {
      const missed = newest - tick;
      return missed < 0 || missed > ticks.length ? undefined : ticks.slice(ticks.length - missed);
    },
    push(event) {
      newest += 1;
      ticks.push({ tick: newest, id: randomUUID(), at: new Date().toISOString(), event });
      characters += sizeOf(event);
      while (ticks.length > maxTicks || (characters > maxCharacters && ticks.length > 1)) {
        const oldest = ticks.shift();
        if (oldest !== undefined) characters -= sizeOf(oldest.event);
      }
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
    enter(carrier) {
      const follower = {};
      followers.set(follower, carrier);
      clearTimeout(linger);
      return () => {
        followers.delete(follower);
      };
    },
    sockets: () => [...followers.values()].filter((carrier) => carrier === 'socket').length,
    whenEmptyFor(ms, then) {
      if (followers.size > 0) return;
      clearTimeout(linger);
      linger = setTimeout(then, ms);
      linger.unref();
    },
    close() {
      closed = true;
      clearTimeout(linger);
      wake();
    },
  };
}

/** How much text an event holds, roughly: what grows without bound is what people and backends say. */
function sizeOf(event: FeedEvent): number {
  if (event.type === 'message') {
    const { text, items, attachments, metadata } = event.message;
    const metadataSize = metadata === undefined ? 0 : JSON.stringify(metadata).length;
    return text.length + 500 * (items.length + attachments.length) + metadataSize;
  }
  if (event.type !== 'reply-progress') return 0;
  const { progress } = event;
  if (progress.type === 'text-delta') return progress.text.length;
  return progress.type === 'items-found' ? 500 * progress.items.length : 0;
}
