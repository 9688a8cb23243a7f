import type { FeedSettings } from '../conversations/feed.ts';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Says once when followers cannot be told what happens, and when they can again. */
export function watchFeed(log: Logger, { feedWriteFailed }: Pick<Metrics, 'feedWriteFailed'>): FeedSettings['watch'] {
  return {
    writeFailed: feedWriteFailed,
    away: ({ message }) => log.warn({ reason: message }, 'feed unavailable: followers are told late'),
    refused: ({ message }) =>
      log.error({ reason: message }, 'feed channels are refused by Redis: followers are told late'),
    back: () => log.info('feed available again'),
  };
}

/** When a conversation that is too crowded is worth another try, in milliseconds. Our choice. */
const retryAfterMs = 5_000;

/** Throws `rate-limited`, and counts it, where so many follow one conversation, or read one reply, as may. */
export function createCrowdBound(most: () => number, { shed }: Pick<Metrics, 'shed'>): (followers: number) => void {
  return (followers) => {
    if (followers < most()) return;
    shed('conversation');
    throw new GatewayError('rate-limited', 'As many follow this conversation as may', { retryAfterMs });
  };
}
