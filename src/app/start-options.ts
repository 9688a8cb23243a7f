import type { Backend } from '../backends/backend.ts';
import type { FeedSettings } from '../conversations/feed.ts';
import type { Times } from '../http/gateway.ts';
import type { Registry } from '../observability/metrics.ts';
import type { ImageTimes } from '../stores/images.ts';
import type { Store } from '../stores/store.ts';

/** Times, in milliseconds. */
export interface StartTimes {
  /** How long what another configuration names may take to be opened: catalogues may be large. */
  readonly prepareMs: number;
  /** How long each thing that was opened may take to close. */
  readonly closeMs: number;
}

/** Our choice. */
export const defaultStartTimes: StartTimes = { prepareMs: 120_000, closeMs: 5_000 };

/** What of a gateway is not as its configuration says, or as we choose. */
export interface StartOptions {
  /** Where its metrics are counted. */
  readonly registry?: Registry;
  /** Which of several processes it is. */
  readonly worker?: string;
  /** What is told of metrics, where that is more than its own; `undefined` where it cannot be told. */
  readonly readMetrics?: () => Promise<string | undefined>;
  /** Backends made elsewhere, by name: each stands in for the configured one of that name, behind the same guards. */
  readonly backends?: ReadonlyMap<string, Backend>;
  /** A store opened elsewhere: it stands in for the configured one, and is closed with the gateway. */
  readonly store?: Store;
  /** Times that are not to be ours, in milliseconds. */
  readonly times?: Partial<Times>;
  readonly patience?: Partial<StartTimes>;
  /** What of the feed is not to be as it is. */
  readonly feed?: Partial<FeedSettings>;
  /** Times of images that are not to be ours, in milliseconds. */
  readonly images?: Partial<ImageTimes>;
  /** How long a place is taken without a sign of life of its process, in milliseconds. */
  readonly keepPlacesMs?: number;
}
