import { defined, type Participant, type Timestamp } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

const zone = /(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * Times as pydantic prints them: `2024-01-15T10:30:00Z` on the whole second, `…:00.250000Z` otherwise. Reads any offset, and a
 * time without one as UTC; what it reads has milliseconds. Throws `upstream-protocol` for a time that does not exist.
 */
export const timestamp = {
  encode(time: Timestamp): string {
    const point = time.indexOf('.');
    if (point === -1) return time;
    const digits = time
      .slice(point + 1, -1)
      .slice(0, 6)
      .padEnd(6, '0');
    return `${time.slice(0, point)}${digits === '000000' ? '' : `.${digits}`}Z`;
  },
  decode(text: string): Timestamp {
    const instant = new Date(zone.test(text) ? text : `${text}Z`);
    if (Number.isNaN(instant.getTime())) throw new GatewayError('upstream-protocol', `No such time: ${text}`);
    return instant.toISOString();
  },
};

/** Whom a chat belongs to. A visitor who is known by a session only is a user of that name. Our choice. */
export const userId = {
  decode: (text: string): Participant => defined({ userId: text === '' ? undefined : text }),
  encode: (participant: Participant): string => participant.userId ?? participant.sessionId ?? '',
};
