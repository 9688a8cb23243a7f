import type { FeedEntry, FeedStream } from '../canonical/index.ts';

export interface Leaving {
  /** Aborts when the feed is to come to its end. */
  readonly signal: AbortSignal;
  /** Resolves when what this process has told so far has come to the feed. */
  told(): Promise<void>;
  /** Ends the feed's own waiting. */
  leave(): void;
}

/**
 * A feed that comes to its end after the signal aborts: once all that there is was told, and no reply that was seen to begin is still
 * under way.
 */
export async function* untilQuiet(feed: FeedStream, { signal, told, leave }: Leaving): FeedStream {
  const underWay = new Set<string>();
  let waiting = true;
  const leaveIfQuiet = (): void => {
    if (waiting && underWay.size === 0) leave();
  };
  // What is there to be read comes without a pause: who waits after one waits for something new.
  const consider = (): void => void told().then(() => setImmediate(leaveIfQuiet));
  signal.addEventListener('abort', consider);
  try {
    if (signal.aborted) consider();
    for await (const batch of feed) {
      waiting = false;
      for (const entry of batch) note(underWay, entry);
      yield batch;
      waiting = true;
      if (signal.aborted) consider();
    }
  } finally {
    waiting = false;
    signal.removeEventListener('abort', consider);
  }
}

function note(underWay: Set<string>, { event }: FeedEntry): void {
  if (event.type === 'reply-started') underWay.add(event.replyId);
  else if (event.type === 'message') underWay.delete(event.message.id);
}
