import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { defined, isUuid, type Message, type Mode } from '../../canonical/index.ts';
import {
  defaultFeedTimes,
  type FeedListener,
  type FeedRecords,
  type FeedState,
  type Growth,
  type Known,
  newestLength,
  type RecordedReply,
  type Step,
  type Tombstone,
} from '../feed-records.ts';
import { type Client, type Connection, connect, type RedisPlace, toStoreError } from './connection.ts';
import { createGrowth } from './feed-growth.ts';
import type { FeedReplies } from './feed-scripts.ts';
import type { Keys } from './keys.ts';
import { decodeMessage } from './messages.ts';
import { rowsOf } from './record.ts';

/** Where the records are. */
export interface FeedPlace {
  readonly connection: Connection;
  readonly place: RedisPlace;
  readonly keys: Keys;
}

/** A process remembers of so many conversations that they are followed. */
const mostRemembered = 65_536;
/** While it follows, a process says something to itself so often, and connects anew when it has not heard it for so long; in milliseconds. */
const pulseMs = 3_000;
const deafMs = 10_000;

/**
 * Records in the slots of their conversations. A process hears by one connection: on a channel of its own what it follows, and on one of all that
 * something is followed. So it subscribes once, whoever comes and goes.
 */
export async function openRedisFeed({ connection, place, keys }: FeedPlace) {
  const { run, ask } = connection;
  const process = randomUUID().slice(-12);
  const channels = [keys.channels.wakesOf(process), keys.channels.followed] as const;
  const isFollowed = new LRUCache<string, true>({ max: mostRemembered, ttl: defaultFeedTimes.followedMs });
  let times = defaultFeedTimes;
  let listener: FeedListener | undefined;
  let heardAt = performance.now();
  let followedAt = Number.NEGATIVE_INFINITY;
  // A Cluster's client listens by a connection of its own.
  const isCluster = 'cluster' in place;
  const ears: Client = isCluster ? connection.client : (await connect(place, 'listens')).client;
  /** What fails for want of a connection is tried again with the next one. */
  async function subscribe(): Promise<void> {
    try {
      await ears.subscribe(...channels);
      await ask((client) => client.publish(channels[0], ''));
    } catch (thrown) {
      const reason = toStoreError(thrown);
      if (reason.message.includes('NOPERM')) listener?.refused(reason);
    }
  }

  function hear(channel: string, text: string): void {
    heardAt = performance.now();
    if (channel === channels[1]) {
      isFollowed.set(text, true);
      listener?.followed(text);
    } else if (text !== '') {
      for (const wake of text.split('\n\n')) {
        const { conversationId, growth } = decodeWake(wake);
        listener?.woken(conversationId, growth);
      }
    }
  }
  /** Only while it follows: who does not hears little, and needs none of it. */
  function pulse(): void {
    if (performance.now() - followedAt > times.followedMs) {
      heardAt = performance.now();
      return;
    }
    ask((client) => client.publish(channels[0], '')).catch(() => undefined); // it will be missed
    if (performance.now() - heardAt < deafMs) return;
    heardAt = performance.now();
    if (isCluster) void subscribe();
    else ears.disconnect(true);
    listener?.deaf();
  }
  ears.on('message', hear);
  ears.on('ready', () => {
    void subscribe();
    listener?.deaf();
  });
  const growth = createGrowth({ run, keys, leaseMs: () => times.leaseMs, isCluster });
  const heartbeat = setInterval(pulse, pulseMs).unref();

  const records: FeedRecords = {
    paceMs: growth.paceMs,
    open(opened, told) {
      listener = opened;
      times = told;
      return subscribe();
    },
    isFollowed: (conversationId) => isFollowed.has(conversationId),
    async grow(record, ...gained) {
      const grown = await growth.grow(record, ...gained);
      if (grown === 'unfollowed') isFollowed.delete(record.conversationId);
      return grown;
    },
    async end(conversationId, replyId, { sequence, status, failure = '' }, ifState = '') {
      if (sequence > 0) return; // the script that stored it has done so
      await run('endReply', rowsOf({ keys }, conversationId), replyId, `${status} ${failure}`, ifState);
    },
    async read(conversationId, known) {
      if (!isUuid(conversationId)) return undefined;
      if (known.as !== 'onlooker') followedAt = performance.now();
      const found = await run('readFeed', keys.conversation(conversationId), process, ...question(known));
      return found === null ? undefined : decodeState(found);
    },
    async leave(conversationId, who) {
      const names = who === 'all' ? [`f/${process}`, `s/${process}`] : [`s/${process}`];
      const [, , , , , , , mark] = keys.conversation(conversationId);
      await ask((client) => client.zrem(mark, ...names)).catch(() => undefined);
    },
    wake: () => undefined,
    close() {
      clearInterval(heartbeat);
      if (!isCluster) ears.disconnect();
      return Promise.resolve();
    },
  };
  const question = ({ as, newest, version, replies }: Known): readonly (string | number)[] => [
    ...[as, times.followedMs, times.socketMs, newest?.sequence ?? -1, newest?.id ?? '', newestLength, version],
    ...[...replies].flatMap(({ id, token, count }) => [id, token, count]),
  ];
  /** What a script has said of a conversation. */
  const note = (conversationId: string, followed: boolean): void => {
    if (followed) isFollowed.set(conversationId, true);
    else isFollowed.delete(conversationId);
  };
  return { records, note };
}

function decodeWake(text: string): { readonly conversationId: string; readonly growth?: Growth } {
  const [conversationId = '', replyId, token, count, ...steps] = text.split('\n');
  if (replyId === undefined || token === undefined) return { conversationId };
  return { conversationId, growth: { replyId, token, count: Number(count), steps: steps.map(decodeStep) } };
}

const decodeStep = (text: string): Step => JSON.parse(text) as Step; // what `grow` put there

function decodeState(found: NonNullable<FeedReplies['readFeed']>): FeedState {
  const [now, version, mode, last, isAnew, messages, rows] = found;
  const replies: RecordedReply[] = [];
  const buried: Tombstone[] = [];
  for (const [id, header, ...rest] of rows) {
    if (header.startsWith('r ')) replies.push(decodeReply(id, header, rest));
    else buried.push(decodeTombstone(id, header, rest));
  }
  return defined({
    now,
    version,
    mode: mode === '' ? undefined : (JSON.parse(mode.slice(mode.indexOf(' '))) as Mode), // what `changeRecord` put there
    last,
    messages: messages.map((text, index) => decodeMessage(text, last - messages.length + 1 + index)),
    isAnew: isAnew === 1,
    replies,
    buried: buried.sort((one, other) => one.version - other.version),
  });
}

function decodeReply(id: string, state: string, [from = 0, ...steps]: readonly (string | number)[]): RecordedReply {
  const [, token = '', until, count, createdAt = ''] = state.split(' ');
  const facts = { id, token, createdAt, until: Number(until), count: Number(count), state };
  return { ...facts, from: Number(from), steps: steps.map((step) => decodeStep(String(step))) };
}

function decodeTombstone(id: string, header: string, [row]: readonly (string | number)[]): Tombstone {
  const [, version, , sequence, , status = 'failed', failure] = header.split(' ');
  return defined({
    id,
    version: Number(version),
    sequence: Number(sequence),
    status: status as Message['status'], // what `bury` was given
    failure: failure || undefined,
    replacement: row ? decodeMessage(String(row), Number(sequence)) : undefined,
  });
}
