import { randomUUID } from 'node:crypto';
import type { FeedEntry, Message, Reply } from '../../src/canonical/index.ts';
import type { Caller } from '../../src/conversations/caller.ts';
import { createFeed, type FeedSettings, type OwnFeed } from '../../src/conversations/feed.ts';
import { followConversation } from '../../src/conversations/follow-conversation.ts';
import type { Services } from '../../src/conversations/services.ts';
import { GatewayError } from '../../src/errors/index.ts';
import type { Storage } from '../../src/stores/coordination.ts';
import type { FeedRecords } from '../../src/stores/feed-records.ts';
import type { RedisPlace } from '../../src/stores/redis/connection.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import type { Store } from '../../src/stores/store.ts';
import { draftMessage } from './store-drafts.ts';

/** What becomes of the commands of a process's feed. */
export interface Hardship {
  /** Called before and after each command: what it throws the command throws. */
  meet?: (command: string, when: 'before' | 'after') => void;
  /** Whether nothing is heard. */
  isDeaf?: boolean;
}

/** A process as far as its feed goes. */
export interface FeedProcess {
  readonly feed: OwnFeed;
  readonly store: Store;
  readonly hardship: Hardship;
  follow(conversationId: string, after?: string): Promise<Follower>;
  /** Stores a message. */
  publish(conversationId: string, text: string): Promise<Message>;
  /** Begins a reply. */
  answer(conversationId: string): Answer;
  close(): Promise<void>;
}

export interface Answer {
  readonly id: string;
  say(text: string): void;
  /** Stores the reply, and tells its end. */
  end(): Promise<Message>;
  /** Tells that it has failed and that nothing of it is kept. */
  fail(): void;
}

/** Who reads a feed, as fast as it comes. */
export interface Follower {
  readonly entries: FeedEntry[];
  /** What was said of replies while they grew. */
  readonly text: () => string;
  readonly messages: () => readonly Message[];
  readonly last: () => string | undefined;
  leave(): Promise<void>;
  /** Resolves when it has come to an end. */
  readonly ended: Promise<void>;
}

const nothing = () => undefined;
const counting = { events: { whenAway: nothing, whenBack: nothing, whenInsured: nothing } };

/** Over a Redis: each process has connections of its own. */
export async function startFeedProcess(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  settings: Partial<FeedSettings> = {},
): Promise<FeedProcess> {
  return startFeedProcessAt({ url }, prefix, settings);
}

/** The same over a group or a Cluster. */
export async function startFeedProcessAt(place: RedisPlace, prefix: string, settings: Partial<FeedSettings> = {}) {
  return feedProcessOver(await openRedisStorage({ place, prefix, counting }), settings);
}

export async function feedProcessOver(storage: Storage, settings: Partial<FeedSettings> = {}): Promise<FeedProcess> {
  const { store } = storage;
  const hardship: Hardship = {};
  const feed = createFeed(settings);
  await feed.open({ feed: meeting(storage.feed, hardship), store });
  return {
    feed,
    store,
    hardship,
    follow: (conversationId: string, after?: string) => follow({ store, feed }, conversationId, after),
    async publish(conversationId: string, text: string) {
      const createdAt = new Date().toISOString();
      const appended = await store.appendMessage(draftMessage({ id: conversationId }, { text, createdAt }));
      if (!('message' in appended)) throw new Error('A message without an idempotency key is stored');
      feed.stored(conversationId);
      return appended.message;
    },
    answer: (conversationId: string) => answer({ store, feed }, conversationId),
    async close() {
      await feed.close();
      await storage.close();
    },
  };
}

/** Records whose commands meet a hardship. */
function meeting(records: FeedRecords, hardship: Hardship): FeedRecords {
  async function met<T>(command: string, work: () => Promise<T>): Promise<T> {
    hardship.meet?.(command, 'before');
    const outcome = await work();
    hardship.meet?.(command, 'after');
    return outcome;
  }
  return {
    ...records,
    open: (listener, times) =>
      records.open(
        {
          ...listener,
          woken(...woken) {
            if (!hardship.isDeaf) listener.woken(...woken);
          },
          followed(id) {
            if (!hardship.isDeaf) listener.followed(id);
          },
        },
        times,
      ),
    grow: (...told) => met('grow', () => records.grow(...told)),
    end: (...told) => met('end', () => records.end(...told)),
    read: (...told) => met('read', () => records.read(...told)),
  };
}

type Parts = Pick<Services, 'store' | 'feed'>;

async function follow(parts: Parts, conversationId: string, after?: string): Promise<Follower> {
  const leaving = new AbortController();
  // All that following asks of a caller, and of the services.
  const caller = {
    tenant: { id: 'shop' },
    dialect: { name: 'homie', conversationIds: 'uuid' },
    unknownConversations: 'refuse',
    carrier: 'http',
    replyId: randomUUID(),
    call: { requestId: randomUUID(), receivedAt: new Date().toISOString(), signal: leaving.signal },
  } as unknown as Caller;
  const input = { conversationId, delivery: 'stream' as const, ...(after !== undefined && { after }) };
  const { stream } = await followConversation(parts as Services, input, caller);
  const entries: FeedEntry[] = [];
  const reading = (async () => {
    for await (const batch of stream) entries.push(...batch);
  })();
  return {
    entries,
    text: () => entries.map(textOf).join(''),
    messages: () => entries.flatMap(({ event }) => (event.type === 'message' ? [event.message] : [])),
    last: () => entries.at(-1)?.position,
    ended: reading,
    async leave() {
      leaving.abort(new GatewayError('client-closed', 'The client went away'));
      await reading;
    },
  };
}

function textOf({ event }: FeedEntry): string {
  return event.type === 'reply-progress' && event.progress.type === 'text-delta' ? event.progress.text : '';
}

function answer({ store, feed }: Parts, conversationId: string): Answer {
  const id = randomUUID();
  const createdAt = new Date().toISOString();
  let text = '';
  const soFar = (): Reply => ({ id, text, items: [], suggestions: [], finishReason: 'stop', createdAt });
  const publisher = feed.begin({ conversationId, replyId: id, soFar });
  return {
    id,
    say(more) {
      text += more;
      publisher.publish([{ type: 'text-delta', text: more }]);
    },
    async end() {
      const draft = draftMessage({ id: conversationId }, { id, role: 'assistant', text, createdAt });
      const message = await store.appendReply(draft);
      publisher.end(message);
      return message;
    },
    fail() {
      const draft = draftMessage({ id: conversationId }, { id, role: 'assistant', text, createdAt });
      publisher.end({ ...draft, status: 'failed', sequence: 0 });
    },
  };
}
