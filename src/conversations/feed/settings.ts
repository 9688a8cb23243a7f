import type { GatewayError } from '../../errors/index.ts';
import { defaultFeedTimes, type FeedTimes } from '../../stores/feed-records.ts';

/** What becomes known of a feed whose records are away. */
export interface FeedWatch {
  /** What a reply has gained could not be written, and is told late. */
  writeFailed?(): void;
  /** The records cannot be read or written. Said once, until they can be again. */
  away?(reason: GatewayError): void;
  back?(): void;
  /** Wakes cannot be heard: followers are told what the next slow look finds. */
  refused?(reason: GatewayError): void;
}

/** All times are in milliseconds. */
export interface FeedSettings extends FeedTimes {
  /** How often the lease of a reply is renewed, while somebody follows it. */
  readonly renewMs: number;
  /** How long a lease has been over when its process is taken for dead. */
  readonly deadMs: number;
  readonly watch: FeedWatch;
  /** Throws if one more may not follow what so many follow here already. */
  readonly admit: (followers: number) => void;
}

/** Our choice. */
export const defaultSettings: FeedSettings = {
  ...defaultFeedTimes,
  renewMs: 3_000,
  deadMs: 10_000,
  watch: {},
  admit: () => undefined,
};
