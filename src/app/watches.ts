import type { FeedSettings } from '../conversations/feed.ts';
import { GatewayError } from '../errors/index.ts';
import type { ReadinessEvents } from '../http/readiness.ts';
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

/** Says once when the store goes away, with why, and when it is back, whoever tells it and however often. */
export function watchStore(log: Logger, { storeUp }: Pick<Metrics, 'storeUp'>): ReadinessEvents {
  let isAway = false;
  return {
    away(reason) {
      storeUp(false);
      if (isAway) return;
      isAway = true;
      const what = reason instanceof GatewayError ? reason.details.lack : undefined;
      log.warn({ reason: reason.message }, `${what ?? 'store unavailable'}: calls that need it are refused`);
    },
    back() {
      storeUp(true);
      if (isAway) log.info('store available again');
      isAway = false;
    },
  };
}

/** How often a store is looked at that may be away without anybody asking for it, in milliseconds. Our choice. */
const lookEveryMs = 5_000;

/** Looks at the store of Redis once and again, so that its absence is known before a call meets it. Gives what ends the look. */
export function keepLooking(look: () => Promise<unknown>): { close(): Promise<void> } {
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  void look();
  return { close: async () => clearInterval(timer) };
}
