import type { Timestamp } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

/**
 * Times on the second with the offset written out: `2026-06-03T19:00:00+00:00`. Reads any offset; what it reads ends in `Z` and
 * has milliseconds. Throws `upstream-protocol` for a time that does not exist.
 */
export const timestamp = {
  encode: (time: Timestamp): string => time.replace(/(?:\.\d+)?Z$/, '+00:00'),
  decode(text: string): Timestamp {
    const instant = new Date(text);
    if (Number.isNaN(instant.getTime())) throw new GatewayError('upstream-protocol', `No such time: ${text}`);
    return instant.toISOString();
  },
};
