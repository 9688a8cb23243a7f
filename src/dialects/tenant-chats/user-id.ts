import { defined, type Participant } from '../../canonical/index.ts';

/** Whom a chat belongs to. A visitor who is known by a session only is a user of that name. Our choice. */
export const userId = {
  decode: (text: string): Participant => defined({ userId: text === '' ? undefined : text }),
  encode: (participant: Participant): string => participant.userId ?? participant.sessionId ?? '',
};
