import { type GatewayError, toGatewayError } from '../../errors/index.ts';
import type { FeedRecords, Growth } from '../../stores/feed-records.ts';
import type { Store } from '../../stores/store.ts';
import type { View } from './difference.ts';
import { endDead } from './end-dead.ts';
import { createHeldView } from './held-view.ts';
import type { FeedSettings } from './settings.ts';

export type Carrier = 'http' | 'socket';

/** What one process reads of one conversation, for all who follow it there. */
export interface Reader {
  readonly conversationId: string;
  readonly view: View;
  /** Whether the conversation is no more, or the feed is closed. */
  readonly isOver: boolean;
  readonly sockets: number;
  readonly followers: number;
  /** Counts a follower until what is returned is called. `sequence` tells up to which message it was told. */
  enter(carrier: Carrier, sequence: () => number): () => void;
  /** Reads what is there when this is called, or later. Throws `store-unavailable`. */
  refresh(): Promise<void>;
  woken(growth?: Growth): void;
  /** Reads again if it is time to: for whose wakes were lost, to be known as followed, and to see whose process is gone. */
  lookAround(now: number): void;
  /** Has it read again soon, not all at once. */
  doubt(now: number): void;
  /** Resolves at the next change, at the end, when a follower leaves, or after the time (milliseconds). */
  next(withinMs?: number): Promise<void>;
  close(): void;
}

export interface ReaderOptions {
  readonly records: FeedRecords;
  readonly store: Store;
  readonly settings: FeedSettings;
  /** Told how each reading went. */
  readonly health: { answered(): void; failed(reason: GatewayError): void };
  /** Called when the last follower has left. */
  readonly whenLeft: () => void;
}

/** So soon a reading that failed is tried again, in milliseconds. */
const retryMs = 500;
export function createReader(
  conversationId: string,
  { records, store, settings, health, whenLeft }: ReaderOptions,
): Reader {
  const held = createHeldView();
  const { view, replies } = held;
  const entered = new Map<object, { readonly carrier: Carrier; readonly sequence: () => number }>();
  /** What all who follow here wait for. */
  let waiting: { readonly changed: Promise<void>; readonly resolve: () => void } | undefined;
  let isOver = false;
  let sockets = 0;
  let reading: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  let dueAt = Number.POSITIVE_INFINITY;

  function change(): void {
    waiting?.resolve();
    waiting = undefined;
  }
  function changed(): Promise<void> {
    if (waiting !== undefined) return waiting.changed;
    let resolve = (): void => undefined;
    const changed = new Promise<void>((resolved) => (resolve = resolved));
    waiting = { changed, resolve };
    return changed;
  }
  function close(): void {
    isOver = true;
    change();
  }

  function plan(now: number): void {
    dueAt = now + (sockets > 0 ? settings.socketMs : settings.followedMs) / 3;
    for (const { endsAt, suspect } of replies.values()) {
      dueAt = Math.min(dueAt, suspect === undefined ? Math.max(endsAt, now) : suspect.at + settings.deadMs);
    }
  }
  function endThoseThatAreDead(now: number): void {
    for (const { suspect, ...reply } of replies.values()) {
      if (suspect === undefined || now - suspect.at < settings.deadMs) continue;
      endDead({ records, store }, conversationId, reply).then(health.answered, (thrown: unknown) =>
        health.failed(toGatewayError(thrown)),
      );
    }
  }

  async function read(): Promise<void> {
    const newest = held.newest();
    try {
      const state = await records.read(conversationId, {
        as: entered.size === 0 ? 'onlooker' : sockets > 0 ? 'socket' : 'http',
        ...(newest !== undefined && { newest }),
        version: view.version,
        replies: replies.values(),
      });
      health.answered();
      if (state === undefined) {
        close();
        return;
      }
      // To whom it answers, what is told is an acknowledgement: it has to outlive the node that it was read from.
      if (state.messages.some(({ sequence }) => sequence > (newest?.sequence ?? 0))) await store.kept?.(conversationId);
      const now = performance.now();
      held.take(state, Math.min(...[...entered.values()].map(({ sequence }) => sequence())));
      endThoseThatAreDead(now);
      plan(now);
      change();
    } catch (thrown) {
      dueAt = performance.now() + retryMs;
      const reason = toGatewayError(thrown);
      health.failed(reason);
      throw reason;
    }
  }
  function refresh(): Promise<void> {
    if (reading !== undefined) {
      // What is on its way may have been read before.
      following ??= reading
        .catch(() => undefined)
        .then(() => {
          following = undefined;
          return refresh();
        });
      return following;
    }
    dueAt = Number.POSITIVE_INFINITY;
    reading = read().finally(() => {
      reading = undefined;
    });
    return reading;
  }
  const refreshLater = (): void => void refresh().catch(() => undefined); // it is tried again

  return {
    conversationId,
    view,
    get isOver() {
      return isOver;
    },
    get sockets() {
      return sockets;
    },
    get followers() {
      return entered.size;
    },
    enter(carrier, sequence) {
      const follower = {};
      entered.set(follower, { carrier, sequence });
      if (carrier === 'socket') sockets += 1;
      return () => {
        if (!entered.delete(follower)) return;
        change();
        if (carrier === 'socket') sockets -= 1;
        if (entered.size === 0) whenLeft();
        if (entered.size === 0) void records.leave(conversationId, 'all');
        else if (carrier === 'socket' && sockets === 0) void records.leave(conversationId, 'sockets');
      };
    },
    refresh,
    woken(growth) {
      // Where something is missing before it, all is read.
      const outcome = growth === undefined ? 'ahead' : held.grow(growth, settings.leaseMs);
      if (outcome === 'ahead') refreshLater();
      else if (outcome === 'taken') change();
    },
    lookAround(now) {
      if (dueAt <= now) refreshLater();
    },
    doubt(now) {
      dueAt = Math.min(dueAt, now + Math.random() * retryMs * 4);
    },
    async next(withinMs) {
      if (isOver) return;
      if (withinMs === undefined) return changed();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([changed(), new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)))]);
      clearTimeout(timer);
    },
    close,
  };
}
