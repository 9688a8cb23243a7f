import { defined, type Participant } from '../../canonical/index.ts';
import type { SessionFields } from './wire.ts';

/**
 * Whose session it is: the body's word before the query's, snake_case before camelCase. A visitor who is known as a user only
 * gets a session of that name. Our choice.
 */
export const session = {
  decode: (...places: readonly SessionFields[]): Participant =>
    defined({ sessionId: places.map((place) => place.session_id ?? place.sessionId).find((id) => id !== undefined) }),
  encode: ({ sessionId, userId }: Participant) => ({ session_id: sessionId ?? userId ?? '' }),
};
