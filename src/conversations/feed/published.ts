/** What was published lately: who began to follow at the same moment, or followed a log that lost it, is told of it late. */
export interface Published {
  /** A message was stored with this sequence number. */
  stored(conversationId: string, sequence: number): void;
  /** The conversation is no more. */
  ended(conversationId: string): void;
  /** What is known of a conversation, which is forgotten. */
  take(conversationId: string): 'ended' | number | undefined;
}

/** Remembers so many conversations, the latest. */
export function createPublished(most: number): Published {
  const known = new Map<string, 'ended' | number>();
  const remember = (conversationId: string, what: 'ended' | number): void => {
    known.delete(conversationId);
    known.set(conversationId, what);
    if (known.size <= most) return;
    for (const oldest of known.keys()) {
      known.delete(oldest);
      break;
    }
  };
  return {
    stored(conversationId, sequence) {
      const before = known.get(conversationId);
      if (before !== 'ended') remember(conversationId, Math.max(sequence, before ?? 0));
    },
    ended: (conversationId) => remember(conversationId, 'ended'),
    take(conversationId) {
      const what = known.get(conversationId);
      known.delete(conversationId);
      return what;
    },
  };
}
