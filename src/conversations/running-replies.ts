import { EventEmitter, once } from 'node:events';
import type { ChatEvent, ChatStream, Reply } from '../canonical/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { OnceKey } from '../stores/store.ts';

/** A reply that is being given. */
export interface RunningReply {
  readonly replyId: string;
  readonly conversationId: string;
  /** What was gathered so far. */
  soFar(): Reply;
}

/** The replies that this process is giving, by conversation and by once-key. */
export interface RunningReplies {
  begin(reply: RunningReply): { end(): void };
  of(conversationId: string): readonly RunningReply[];
  /** Begins the turns of one once-key one after the other, so that the second finds what the first has begun. */
  inOrder<T>(key: OnceKey, begin: () => Promise<T>): Promise<T>;
  /**
   * The stream that `start` makes, as the one that answers a once-key while it runs. It runs as its first reader reads; the
   * others follow.
   */
  share(key: OnceKey, start: () => ChatStream): ChatStream;
  /** The running stream of a once-key from its beginning; `undefined` if there is none. */
  joinShared(key: OnceKey, signal: AbortSignal): ChatStream | undefined;
}

/** No replies at first. */
export function createRunningReplies(): RunningReplies {
  const byConversation = new Map<string, Set<RunningReply>>();
  const shared = new Map<string, SharedStream>();
  const beginning = new Map<string, Promise<unknown>>();
  return {
    async inOrder(key, begin) {
      const name = nameOf(key);
      const before = beginning.get(name);
      const mine = before === undefined ? begin() : before.then(begin, begin);
      beginning.set(name, mine);
      try {
        return await mine;
      } finally {
        if (beginning.get(name) === mine) beginning.delete(name);
      }
    },
    begin(reply) {
      const siblings = byConversation.get(reply.conversationId) ?? new Set();
      byConversation.set(reply.conversationId, siblings.add(reply));
      return {
        end() {
          siblings.delete(reply);
          if (siblings.size === 0) byConversation.delete(reply.conversationId);
        },
      };
    },
    of: (conversationId) => [...(byConversation.get(conversationId) ?? [])],
    share(key, start) {
      const name = nameOf(key);
      const stream = createSharedStream(start, () => shared.delete(name));
      shared.set(name, stream);
      return stream.lead();
    },
    joinShared: (key, signal) => shared.get(nameOf(key))?.join(signal),
  };
}

const nameOf = ({ tenantId, scope, key }: OnceKey): string => JSON.stringify([tenantId, scope, key]);

interface SharedStream {
  /** The stream itself, recorded as it is read. */
  lead(): ChatStream;
  /** What the leader has read and will read. Stops waiting when the signal aborts, by throwing its reason. */
  join(signal: AbortSignal): ChatStream;
}

/** Records a stream as its leader reads it. The record is as bounded as a reply is. */
function createSharedStream(start: () => ChatStream, whenOver: () => void): SharedStream {
  const record: (readonly ChatEvent[])[] = [];
  const progress = new EventEmitter().setMaxListeners(0);
  let outcome: { readonly error?: GatewayError } | undefined;
  return {
    async *lead() {
      let ending: { readonly error?: GatewayError } = { error: leftByLeader() };
      try {
        for await (const batch of start()) {
          record.push(batch);
          progress.emit('change');
          yield batch;
        }
        ending = {};
      } catch (thrown) {
        ending = { error: toGatewayError(thrown) };
        throw thrown;
      } finally {
        outcome = ending;
        progress.emit('change');
        whenOver();
      }
    },
    async *join(signal) {
      for (let position = 0; ; ) {
        const batch = record[position];
        if (batch !== undefined) {
          position += 1;
          yield batch;
          continue;
        }
        if (outcome?.error !== undefined) throw outcome.error;
        if (outcome !== undefined) return;
        signal.throwIfAborted();
        await once(progress, 'change', { signal }).catch(() => signal.throwIfAborted()); // once() hides the reason
      }
    },
  };
}

const leftByLeader = () =>
  new GatewayError('upstream-unavailable', 'The call that began this reply was given up; send the message again');
