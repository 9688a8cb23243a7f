import type { Message } from '../../canonical/index.ts';
import {
  defaultFeedTimes,
  type FeedListener,
  type FeedRecords,
  newestLength,
  type RecordedReply,
  type Step,
  type Tombstone,
} from '../feed-records.ts';
import type { Store } from '../store.ts';

/** How long what is known of an end is kept, in milliseconds. */
const tombstoneMs = 60_000;

interface Followed {
  version: number;
  /** Until when it counts as followed, by this process's clock. */
  until: number;
  readonly replies: Map<string, RecordedReply & { readonly steps: Step[] }>;
  readonly buried: Map<string, Tombstone & { readonly at: number }>;
}

/** The records of a process that has its store to itself, in memory: what it forgets when it ends nobody else has followed. */
export function createLocalFeed(store: Pick<Store, 'conversation' | 'latestMessages' | 'messagesAfter'>): FeedRecords {
  const conversations = new Map<string, Followed>();
  let listener: FeedListener | undefined;
  let times = defaultFeedTimes;
  let sweeping: NodeJS.Timeout | undefined;

  function isFollowed(conversationId: string): boolean {
    const followed = conversations.get(conversationId);
    return followed !== undefined && followed.until > performance.now();
  }
  function follow(conversationId: string): Followed {
    const known = conversations.get(conversationId);
    const followed = known ?? { version: 0, until: 0, replies: new Map(), buried: new Map() };
    followed.until = performance.now() + times.followedMs;
    if (known !== undefined) return known;
    conversations.set(conversationId, followed);
    listener?.followed(conversationId);
    return followed;
  }
  function sweep(): void {
    const now = performance.now();
    for (const [conversationId, { until, buried }] of conversations) {
      if (until <= now) conversations.delete(conversationId);
      for (const [id, { at }] of buried) if (now - at > tombstoneMs) buried.delete(id);
    }
  }
  const wake = (conversationId: string): void => {
    if (conversations.has(conversationId)) listener?.woken(conversationId);
  };
  /** One who follows knows all before it, which is what has come since. */
  async function messagesOf(conversationId: string, newest: Pick<Message, 'sequence'> | undefined) {
    if (newest === undefined) return store.latestMessages(conversationId, newestLength);
    return (await store.messagesAfter(conversationId, newest.sequence, Number.MAX_SAFE_INTEGER)).slice(-newestLength);
  }

  return {
    paceMs: () => 0,
    open(opened, told) {
      listener = opened;
      times = told;
      sweeping = setInterval(sweep, tombstoneMs / 2).unref();
      return Promise.resolve();
    },
    isFollowed,
    grow({ conversationId, replyId: id, createdAt, token }, count, steps) {
      const followed = conversations.get(conversationId);
      if (followed === undefined || !isFollowed(conversationId)) return Promise.resolve('unfollowed');
      if (followed.buried.has(id)) return Promise.resolve('ended');
      const known = followed.replies.get(id);
      if ((known?.token !== token || known.count !== count) && count > 0) return Promise.resolve('resync');
      const all = count > 0 && known !== undefined ? known.steps : [];
      all.push(...steps);
      const until = Number.POSITIVE_INFINITY; // it ends with the process
      followed.replies.set(id, { id, createdAt, token, until, count: all.length, from: 0, steps: all, state: '' });
      if (steps.length > 0 || count === 0) listener?.woken(conversationId, { replyId: id, token, count, steps });
      return Promise.resolve('grown');
    },
    end(conversationId, id, end) {
      const followed = conversations.get(conversationId);
      if (followed === undefined) return Promise.resolve();
      if (followed.replies.delete(id) || end.sequence === 0) {
        followed.version = Math.max(followed.version + 1, Date.now());
        followed.buried.set(id, { id, version: followed.version, ...end, at: performance.now() });
      }
      listener?.woken(conversationId);
      return Promise.resolve();
    },
    async read(conversationId, { newest }) {
      const followed = follow(conversationId);
      const conversation = await store.conversation(conversationId);
      if (conversation === undefined) return undefined;
      const messages = await messagesOf(conversationId, newest);
      const { version, replies, buried } = followed;
      return {
        now: performance.now(),
        version,
        mode: conversation.mode,
        last: messages.at(-1)?.sequence ?? newest?.sequence ?? 0,
        messages,
        isAnew: false,
        replies: [...replies.values()],
        buried: [...buried.values()],
      };
    },
    leave: () => Promise.resolve(),
    wake,
    close() {
      clearInterval(sweeping);
      return Promise.resolve();
    },
  };
}
