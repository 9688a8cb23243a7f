import type { FeedEntry, FeedStream } from '../canonical/index.ts';

/**
 * A feed that comes to its end after `leaving` aborts: once all that there is was told, and no reply that was seen to begin is
 * still under way. `leave` must end the feed's own waiting.
 */
export async function* untilQuiet(feed: FeedStream, leaving: AbortSignal, leave: () => void): FeedStream {
  const underWay = new Set<string>();
  let waiting = true;
  const leaveIfQuiet = (): void => {
    if (waiting && underWay.size === 0) leave();
  };
  // What is there to be read comes without a pause: who waits after one waits for something new.
  const consider = (): void => void setImmediate(leaveIfQuiet);
  leaving.addEventListener('abort', consider);
  try {
    if (leaving.aborted) consider();
    for await (const batch of feed) {
      waiting = false;
      for (const entry of batch) note(underWay, entry);
      yield batch;
      waiting = true;
      if (leaving.aborted) consider();
    }
  } finally {
    waiting = false;
    leaving.removeEventListener('abort', consider);
  }
}

function note(underWay: Set<string>, { event }: FeedEntry): void {
  if (event.type === 'reply-started') underWay.add(event.replyId);
  else if (event.type === 'message') underWay.delete(event.message.id);
}
