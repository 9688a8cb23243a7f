import type { FeedSettings } from '../conversations/feed.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Says once when followers cannot be told what happens, and when they can again. */
export function watchFeed(log: Logger, { feedLate }: Pick<Metrics, 'feedLate'>): FeedSettings['watch'] {
  return {
    late: feedLate,
    away: ({ message }) => log.warn({ reason: message }, 'the feed cannot be written: who follows is told late'),
    back: () => log.info('the feed can be written again'),
  };
}
