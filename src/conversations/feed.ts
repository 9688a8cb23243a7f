import { GatewayError } from '../errors/index.ts';
import type { Storage } from '../stores/coordination.ts';
import type { FeedRecords } from '../stores/feed-records.ts';
import { createPublisher, type GivenReply, type Publisher, type ReplyPublisher } from './feed/publisher.ts';
import { type Carrier, createReader, type Reader, type ReaderOptions } from './feed/reader.ts';
import { defaultSettings, type FeedSettings } from './feed/settings.ts';

export type { FeedSettings } from './feed/settings.ts';

/** What happens in conversations, told to all who follow them, in whatever process of the gateway. */
export interface Feed {
  /** Publishes a reply that this process begins, as it grows. */
  begin(reply: GivenReply): ReplyPublisher;
  /**
   * Follows a conversation until `leave` is called or the signal aborts; `sequence` tells up to which message the follower was told. All that was stored and written
   * before is in the view. Throws `store-unavailable`, the signal's reason, and what `admit` of the settings throws.
   */
  join(conversationId: string, carrier: Carrier, sequence: () => number, signal: AbortSignal): Promise<Joined>;
  /** A reader that has read once, for who only looks. Who looks again soon sees also what another process says. Throws `store-unavailable`. */
  glance(conversationId: string): Promise<Reader>;
  /** How many sockets follow a conversation in this process. */
  socketCount(conversationId: string): number;
  /** Something was stored in a conversation, or it is no more. */
  stored(conversationId: string): void;
}

export interface Joined {
  readonly reader: Reader;
  leave(): void;
  /** Resolves when what was published and stored here before is in the view, or cannot be read. */
  caughtUp(): Promise<void>;
}

/** The feed of a process. */
export interface OwnFeed extends Feed {
  open(storage: Pick<Storage, 'feed' | 'store'>): Promise<void>;
  close(): Promise<void>;
}

/** How often it is looked for what is due, in milliseconds. */
const tickMs = 250;

/** A feed over records that all processes read: each reads what is followed there, and nothing else. */
export function createFeed(options: Partial<FeedSettings> = {}): OwnFeed {
  const settings = { ...defaultSettings, ...options };
  const { watch } = settings;
  const readers = new Map<string, Reader>();
  const publishers = new Map<string, Set<Publisher>>();
  let opened: Pick<ReaderOptions, 'records' | 'store'> | undefined;
  let ticking: NodeJS.Timeout | undefined;
  let isAway = false;

  const health = {
    answered(): void {
      if (isAway) watch.back?.();
      isAway = false;
    },
    failed(reason: GatewayError): void {
      if (!isAway) watch.away?.(reason);
      isAway = true;
    },
  };
  function parts(): { readonly records: FeedRecords; readonly store: Storage['store'] } {
    if (opened === undefined) throw new GatewayError('store-unavailable', 'The feed is not open');
    return opened;
  }
  const readerOf = (conversationId: string, whenLeft: () => void): Reader =>
    createReader(conversationId, { ...parts(), settings, health, whenLeft });
  /** The reader of all who follow a conversation here. */
  function sharedReader(conversationId: string): Reader {
    const known = readers.get(conversationId);
    if (known !== undefined && !known.isOver) return known;
    const reader = readerOf(conversationId, () => {
      if (readers.get(conversationId) === reader) readers.delete(conversationId);
    });
    readers.set(conversationId, reader);
    return reader;
  }
  function followed(conversationId: string): void {
    for (const publisher of publishers.get(conversationId) ?? []) publisher.followed();
  }
  /** Wakes may have been lost: of who follows, and of what is followed. */
  function deaf(): void {
    const now = performance.now();
    for (const reader of readers.values()) reader.doubt(now);
    for (const conversationId of publishers.keys()) followed(conversationId);
  }
  function tick(): void {
    const now = performance.now();
    for (const reader of readers.values()) reader.lookAround(now);
    for (const siblings of publishers.values()) for (const publisher of siblings) publisher.renew(now);
  }
  async function caughtUp(conversationId: string, reader: Reader): Promise<void> {
    await Promise.all([...(publishers.get(conversationId) ?? [])].map((publisher) => publisher.written()));
    await reader.refresh().catch(() => undefined); // it was said that the store is away
  }

  return {
    begin(reply) {
      const { conversationId } = reply;
      const siblings = publishers.get(conversationId) ?? new Set();
      publishers.set(conversationId, siblings);
      const whenOver = (): void => {
        siblings.delete(publisher);
        if (siblings.size === 0 && publishers.get(conversationId) === siblings) publishers.delete(conversationId);
      };
      const whenLate = (): void => watch.writeFailed?.();
      const { renewMs } = settings;
      const publisher = createPublisher(reply, { records: parts().records, renewMs, health, whenLate, whenOver });
      siblings.add(publisher);
      return publisher;
    },
    async join(conversationId, carrier, sequence, signal) {
      signal.throwIfAborted();
      settings.admit(readers.get(conversationId)?.followers ?? 0);
      const reader = sharedReader(conversationId);
      const exit = reader.enter(carrier, sequence);
      const leave = (): void => {
        signal.removeEventListener('abort', leave);
        exit();
      };
      signal.addEventListener('abort', leave, { once: true });
      try {
        await reader.refresh();
        signal.throwIfAborted();
      } catch (thrown) {
        leave();
        throw thrown;
      }
      return { reader, leave, caughtUp: () => caughtUp(conversationId, reader) };
    },
    async glance(conversationId) {
      const reader = readerOf(conversationId, () => undefined);
      await reader.refresh();
      return reader;
    },
    socketCount: (conversationId) => readers.get(conversationId)?.sockets ?? 0,
    stored: (conversationId) => opened?.records.wake(conversationId),
    async open({ feed: records, store }) {
      opened = { records, store };
      ticking = setInterval(tick, Math.min(tickMs, settings.renewMs / 2)).unref();
      const woken = (conversationId: string, growth?: Parameters<Reader['woken']>[0]): void =>
        readers.get(conversationId)?.woken(growth);
      const refused = (reason: GatewayError): void => watch.refused?.(reason);
      await records.open({ woken, followed, deaf, refused }, settings);
    },
    close() {
      clearInterval(ticking);
      for (const reader of readers.values()) reader.close();
      return Promise.resolve();
    },
  };
}
