import type { FeedWatch } from './writer.ts';

/** All times are in milliseconds. */
export interface FeedSettings {
  /** At most this many ticks a channel. */
  readonly maxTicks: number;
  /** At most this much text in the ticks of a channel, in characters. */
  readonly maxCharacters: number;
  /** At most this many ticks in all channels. */
  readonly maxTicksInAll: number;
  /** At most this much text in all channels, in characters. */
  readonly maxCharactersInAll: number;
  /** How long a channel stays after its last follower left. */
  readonly lingerMs: number;
  /** How often a process says whom it follows. */
  readonly renewMs: number;
  /** How often a process that follows, or is followed, says that it is alive. */
  readonly signMs: number;
  /** After how many signs of its own a process takes another one for dead that has said nothing. */
  readonly patience: number;
  /** How soon a log that was away is tried again. */
  readonly retryMs: number;
  readonly watch: FeedWatch;
  /** Throws if one more may not follow what so many follow here already. */
  readonly admit: (followers: number) => void;
}

/** Our choice. */
export const defaultSettings: FeedSettings = {
  maxTicks: 2_048,
  maxCharacters: 4_194_304,
  maxTicksInAll: 100_000,
  maxCharactersInAll: 67_108_864,
  lingerMs: 60_000,
  renewMs: 20_000,
  signMs: 5_000,
  patience: 3,
  retryMs: 500,
  watch: {},
  admit: () => undefined,
};
