import { defined, type InputOf, type Participant } from '../../canonical/index.ts';
import type { Codec, WireResponse } from '../dialect.ts';
import type { QueryRequest, SessionFields, Success } from './wire.ts';

/**
 * Whose session it is: the body's word before the query's, snake_case before camelCase. A visitor who is known as a user only
 * gets a session of that name. Our choice.
 */
export const session = {
  decode: (...places: readonly SessionFields[]): Participant =>
    defined({ sessionId: places.map((place) => place.session_id ?? place.sessionId).find((id) => id !== undefined) }),
  encode: ({ sessionId, userId }: Participant) => ({ session_id: sessionId ?? userId ?? '' }),
};

export type SessionQuery = QueryRequest<object>;

/** A request that says nothing but whose session it is about. */
export const sessionQuery: Codec<SessionQuery, InputOf<'get-block-status' | 'collect-nudges'>> = {
  decode: ({ query }) => ({ participant: session.decode(query) }),
  encode: ({ participant }) => ask(session.encode(participant)),
};

/** An answer of this dialect: 200, with `success` before everything else. */
export function succeed<Fields extends object>(fields: Fields): WireResponse<Success & Fields> {
  return { status: 200, headers: {}, body: { success: true, ...fields } };
}

/** A request without a body. */
export function ask<Query extends object>(query: Query) {
  return { params: {}, query, headers: {}, body: undefined };
}

/** A request whose facts stand in its body. */
export function tell<Body extends object>(body: Body) {
  return { params: {}, query: {}, headers: {}, body };
}
