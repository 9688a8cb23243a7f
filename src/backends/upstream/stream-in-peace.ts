import { LRUCache } from 'lru-cache';
import type { Way } from './question.ts';

/** How many conversations with a turn under way, or broken off, are known at most. */
const mostConversations = 10_000;

export interface Ways {
  readonly streamed: Way;
  readonly whole: Way;
}

/**
 * Streams a reply where one is wanted and the turn before it has ended in peace. An upstream may go on with a reply that was
 * abandoned: those who follow the conversation would hear its words as the next one's, and the whole answer is sure to be its own.
 */
export function streamInPeace({ streamed, whole }: Ways): Way {
  const unsettled = new LRUCache<string, true>({ max: mostConversations });
  return async function* (question) {
    const { id } = question.context.conversation;
    const isSettled = question.remoteId === undefined || !unsettled.has(id);
    const way = isSettled && question.turn.delivery === 'stream' ? streamed : whole;
    unsettled.set(id, true);
    for await (const batch of way(question)) {
      if (batch.at(-1)?.type === 'reply-end') unsettled.delete(id);
      yield batch;
    }
  };
}
