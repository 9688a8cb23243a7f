import type { FeedEvent } from '../canonical/index.ts';
import type { LogPlace } from '../stores/log.ts';
import { type Channel, createClosedChannel } from './feed/channel.ts';
import { createFeedCore, type FeedStorage } from './feed/core.ts';
import type { Carrier, Left } from './feed/followers.ts';
import { defaultSettings, type FeedSettings } from './feed/settings.ts';
import type { GivenReply, Telling } from './feed/tellings.ts';

export type { Channel } from './feed/channel.ts';
export type { FeedSettings } from './feed/settings.ts';

/** What happens in conversations, told to all who follow them, in whatever process of the gateway. */
export interface Feed {
  /** Tells an event to all who follow. */
  publish(conversationId: string, event: FeedEvent): void;
  /** Tells of a reply that this process begins, as it grows. */
  begin(reply: GivenReply): Telling;
  /**
   * Joins a conversation's channel until `leave` is called: what is stored and told from now on is told there. Throws
   * `store-unavailable`, the signal's reason, and what `admit` of the settings throws.
   */
  join(conversationId: string, carrier: Carrier, signal: AbortSignal): Promise<Joined>;
  /** The channel of a conversation, which knows what is under way when it is looked at again within the linger time. Throws as `join` does. */
  glance(conversationId: string, signal: AbortSignal): Promise<Channel>;
  /** How many sockets follow a conversation. */
  socketCount(conversationId: string): number;
  /** Ends the following of a conversation that is no more. */
  end(conversationId: string): void;
  /** Resolves when what was told here so far has come to those who follow here, or will only come late. */
  told(): Promise<void>;
}

export interface Joined {
  readonly channel: Channel;
  leave(): void;
}

/** The feed of a process. Before it is open it can be told what has ended. */
export interface OwnFeed extends Feed {
  open(storage: FeedStorage): Promise<void>;
  close(): Promise<void>;
}

/**
 * A feed over a log that all processes read. Each keeps a channel for every conversation that someone follows somewhere, or followed
 * within the linger time; of the others nothing is written, and publishing costs a look-up.
 */
export function createFeed(options: Partial<FeedSettings> = {}): OwnFeed {
  const settings = { ...defaultSettings, ...options };
  const core = createFeedCore(settings);
  const { channels, followers, writer, reading } = core;

  const channelOf = (conversationId: string): Channel => channels.get(conversationId) ?? createClosedChannel();
  const sayFollowed = (conversationId: string, anew: boolean) =>
    ({ type: 'follow', followed: [followers.of(conversationId)], anew }) as const;
  /** Says that a conversation is followed here. Resolves with the place from which on all is told. */
  const follow = (conversationId: string): Promise<LogPlace> =>
    writer.say(sayFollowed(conversationId, channels.get(conversationId)?.isWhole !== true));
  const leave = (conversationId: string, carrier: Carrier, left: Left | undefined): void => {
    if (left === undefined) return;
    if (left.rest === 0) writer.sayLater({ type: 'leave', conversationId });
    else if (carrier === 'socket') writer.sayLater(sayFollowed(conversationId, false));
  };

  return {
    publish: core.publish,
    begin: core.tellings.begin,
    async join(conversationId, carrier, signal) {
      signal.throwIfAborted();
      settings.admit(followers.countOf(conversationId));
      const follower = followers.enter(conversationId, carrier);
      const place = await follow(conversationId).catch((reason: unknown) => {
        follower.leave(); // nobody has heard of it
        throw reason;
      });
      const leaves = (): void => leave(conversationId, carrier, follower.leave());
      await reading.reached(place, signal).catch((reason: unknown) => {
        leaves();
        throw reason;
      });
      return { channel: channelOf(conversationId), leave: leaves };
    },
    async glance(conversationId, signal) {
      const channel = channels.get(conversationId);
      const isFresh = channel !== undefined && performance.now() - channel.followedAt.here < settings.lingerMs / 2;
      if (!(isFresh && channel.isWhole)) await reading.reached(await follow(conversationId), signal);
      return channelOf(conversationId);
    },
    socketCount: (conversationId) => channels.get(conversationId)?.sockets(performance.now() - settings.lingerMs) ?? 0,
    end(conversationId) {
      if (channels.get(conversationId) === undefined) core.published.ended(conversationId);
      else writer.sayLater({ type: 'ended', conversationId });
    },
    async told() {
      const place = await writer.written();
      if (place !== undefined) await reading.reached(place).catch(() => undefined);
    },
    open: core.open,
    close: core.close,
  };
}
