import type { InputOf } from '../../canonical/index.ts';
import type { Codec } from '../dialect.ts';
import { ask } from './envelope.ts';
import { session } from './session.ts';
import type { QueryRequest } from './wire.ts';

export type SessionQuery = QueryRequest<object>;

/** A request that says nothing but whose session it is about. */
export const sessionQuery: Codec<SessionQuery, InputOf<'get-block-status' | 'collect-nudges'>> = {
  decode: ({ query }) => ({ participant: session.decode(query) }),
  encode: ({ participant }) => ask(session.encode(participant)),
};
