import type { Timestamp } from '../../canonical/index.ts';

/** The time as the documents print it: without a fraction that is zero. It is read as it stands. */
export const timestamp = {
  decode: (wire: string): Timestamp => wire,
  encode: (at: Timestamp): string => at.replace(/\.0+Z$/, 'Z'),
};
