import { randomUUID } from 'node:crypto';
import type { FeedEntry, Message, Reply } from '../../src/canonical/index.ts';
import type { Caller } from '../../src/conversations/caller.ts';
import { createFeed, type FeedSettings, type OwnFeed } from '../../src/conversations/feed.ts';
import { followConversation } from '../../src/conversations/follow-conversation.ts';
import type { Services } from '../../src/conversations/services.ts';
import { GatewayError } from '../../src/errors/index.ts';
import type { Leases } from '../../src/stores/leases.ts';
import { createLocalLeases } from '../../src/stores/local/local-leases.ts';
import type { Store } from '../../src/stores/store.ts';
import type { HandLog, HandReader } from './hand-log.ts';
import { draftMessage } from './store-drafts.ts';

/** A process as far as its feed goes, over a log in a test's hands. */
export interface FeedProcess extends HandReader {
  readonly feed: OwnFeed;
  follow(conversationId: string, after?: string): Promise<Follower>;
  /** Stores a message and publishes it. */
  publish(conversationId: string, text: string): Promise<Message>;
  /** Begins a reply. */
  answer(conversationId: string): Answer;
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

export interface ProcessOptions {
  readonly log: HandLog;
  readonly store: Store;
  readonly leases?: Leases;
  readonly settings?: Partial<FeedSettings>;
}

export async function startFeedProcess(options: ProcessOptions): Promise<FeedProcess> {
  const { log, store, leases = createLocalLeases(), settings } = options;
  const hand = log.open();
  const feed = createFeed({ retryMs: 5, ...settings });
  await feed.open({ openLog: hand.openLog, store, leases });
  return Object.assign(hand, {
    feed,
    follow: (conversationId: string, after?: string) => follow({ store, feed }, conversationId, after),
    async publish(conversationId: string, text: string) {
      const createdAt = new Date().toISOString();
      const appended = await store.appendMessage(draftMessage({ id: conversationId }, { text, createdAt }));
      if (!('message' in appended)) throw new Error('A message without a once-key is stored');
      feed.publish(conversationId, { type: 'message', message: appended.message });
      return appended.message;
    },
    answer: (conversationId: string) => answer({ store, feed }, conversationId),
  });
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
  const telling = feed.begin({ conversationId, replyId: id, soFar });
  return {
    id,
    say(more) {
      text += more;
      telling.add({ type: 'text-delta', text: more });
    },
    async end() {
      const draft = draftMessage({ id: conversationId }, { id, role: 'assistant', text, createdAt });
      const message = await store.appendReply(draft);
      telling.end(message);
      return message;
    },
    fail() {
      const draft = draftMessage({ id: conversationId }, { id, role: 'assistant', text, createdAt });
      telling.end({ ...draft, status: 'failed', sequence: 0 });
    },
  };
}
