import type { FeedEntry, FeedStream } from '../canonical/index.ts';
import type { GatewayError } from '../errors/index.ts';

export interface Leaving {
  /** One of them aborts when the feed is to come to its end. */
  readonly signals: readonly AbortSignal[];
  /** Resolves when what this process has published so far has come to the feed. */
  caughtUp(): Promise<void>;
  /** Ends the feed's own waiting. */
  leave(): void;
  /** Why the feed has ended before its time, if that was for an error. */
  refusal(): GatewayError | undefined;
}

/**
 * A feed that comes to its end after a signal aborts: once all that there is was told, and no reply that was seen to begin is still
 * under way. Throws the refusal, where there is one at its end.
 */
export async function* untilIdle(feed: FeedStream, { signals, caughtUp, leave, refusal }: Leaving): FeedStream {
  const underWay = new Set<string>();
  let waiting = true;
  const leaveIfQuiet = (): void => {
    if (waiting && underWay.size === 0) leave();
  };
  // What is there to be read comes without a pause: who waits after one waits for something new.
  const consider = (): void => void caughtUp().then(() => setImmediate(leaveIfQuiet));
  const isOver = (): boolean => signals.some(({ aborted }) => aborted);
  for (const signal of signals) signal.addEventListener('abort', consider);
  try {
    if (isOver()) consider();
    for await (const batch of feed) {
      waiting = false;
      for (const entry of batch) note(underWay, entry);
      yield batch;
      waiting = true;
      if (isOver()) consider();
    }
    const refused = refusal();
    if (refused !== undefined) throw refused;
  } finally {
    waiting = false;
    for (const signal of signals) signal.removeEventListener('abort', consider);
  }
}

function note(underWay: Set<string>, { event }: FeedEntry): void {
  if (event.type === 'reply-started') underWay.add(event.replyId);
  else if (event.type === 'message') underWay.delete(event.message.id);
}
