/**
 * What is asked of every subject. A stream's frames come one a millisecond, or eight every two, so that all subjects get the same
 * reads however fast they are; in the flood they come as fast as the subject takes them. What a frame costs is the slope from the
 * short stream to the long one, so that it has no share in the cost of a request. The last two are asked by one visitor alone, for
 * times.
 */
export const scenarios = {
  plain: { mode: 'plain', frames: 40, perWrite: 1, gapMs: 0 },
  short1: { mode: 'stream', frames: 10, perWrite: 1, gapMs: 1 },
  long1: { mode: 'stream', frames: 200, perWrite: 1, gapMs: 1 },
  short8: { mode: 'stream', frames: 10, perWrite: 8, gapMs: 2 },
  long8: { mode: 'stream', frames: 200, perWrite: 8, gapMs: 2 },
  shortFlood: { mode: 'stream', frames: 10, perWrite: 8, gapMs: 0 },
  longFlood: { mode: 'stream', frames: 200, perWrite: 8, gapMs: 0 },
  answer: { mode: 'plain', frames: 40, perWrite: 1, gapMs: 0, alone: true },
  // So far apart that a subject which waits for more before it passes the first on is found out.
  first: { mode: 'stream', frames: 10, perWrite: 1, gapMs: 3, alone: true },
};
