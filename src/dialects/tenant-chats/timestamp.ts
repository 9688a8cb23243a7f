import type { Timestamp } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

const fraction = /\.(\d{1,6})\d*Z$/;
const zone = /(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * Times as pydantic prints them: `2024-01-15T10:30:00Z` on the whole second, `…:00.250000Z` otherwise. Reads any offset, and a
 * time without one as UTC; what it reads has milliseconds. Throws `upstream-protocol` for a time that does not exist.
 */
export const timestamp = {
  encode: (time: Timestamp): string =>
    time.replace(fraction, (_, digits: string) => (Number(digits) === 0 ? 'Z' : `.${digits.padEnd(6, '0')}Z`)),
  decode(text: string): Timestamp {
    const instant = new Date(zone.test(text) ? text : `${text}Z`);
    if (Number.isNaN(instant.getTime())) throw new GatewayError('upstream-protocol', `No such time: ${text}`);
    return instant.toISOString();
  },
};
