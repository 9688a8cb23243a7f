import type { IdempotencyKey } from '../stores/store.ts';
import { createSharedStream, type SharedSource, type SharedStream } from './shared-stream.ts';

/** What is known of a reply that an idempotency key stands for. */
export interface SharedReply {
  /** Of what was asked. */
  readonly fingerprint: string;
  /** The conversation as the one who asked sees it. */
  readonly conversationId: string;
  readonly backend: string;
}

/** The replies that this process is giving, all of them and by idempotency key. */
export interface RunningReplies {
  /** Counts a reply until it has ended. */
  begin(): { end(): void };
  /** Begins the turns of one idempotency key one after the other, so that the second finds what the first has begun. */
  inOrder<T>(key: IdempotencyKey, begin: () => Promise<T>): Promise<T>;
  /** Makes the stream that answers an idempotency key while it runs. */
  share(key: IdempotencyKey, reply: SharedReply, shared: SharedSource): SharedStream;
  /** The running reply of an idempotency key; `undefined` if there is none. */
  shared(key: IdempotencyKey): (SharedReply & SharedStream) | undefined;
}

/** No replies at first. */
export function createRunningReplies(): RunningReplies {
  const sharedReplies = new Map<string, SharedReply & SharedStream>();
  const beginning = new Map<string, Promise<unknown>>();
  return {
    begin: () => ({ end: () => undefined }),
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
    share(key, reply, shared) {
      const name = nameOf(key);
      const stream = createSharedStream({
        ...shared,
        whenOver() {
          // An attempt that began since has the place now.
          if (sharedReplies.get(name) === entry) sharedReplies.delete(name);
          shared.whenOver?.();
        },
      });
      const entry = { ...reply, ...stream };
      sharedReplies.set(name, entry);
      return stream;
    },
    shared: (key) => sharedReplies.get(nameOf(key)),
  };
}

const nameOf = ({ tenantId, scope, key }: IdempotencyKey): string => JSON.stringify([tenantId, scope, key]);
