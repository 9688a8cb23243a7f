import type { OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { succeed } from './envelope.ts';
import { nudge } from './message.ts';
import { type SessionQuery, sessionQuery } from './session-query.ts';
import type { MessageList } from './wire.ts';

const response: Codec<WireResponse<MessageList>, OutputOf<'collect-nudges'>> = {
  decode: ({ body }) => ({ nudges: body.messages.map(nudge.decode) }),
  encode: ({ nudges }) => succeed({ messages: nudges.map(nudge.encode) }),
};

export const collectNudges = defineEndpoint<'collect-nudges', SessionQuery, MessageList>({
  operation: 'collect-nudges',
  optional: true,
  method: 'GET',
  paths: ['/api/v1/chat/pending-proactive'],
  schema: { request: 'widget/collect-nudges.request.json', response: 'widget/collect-nudges.response.json' },
  carries: ['participant', 'output.nudges'],
  request: sessionQuery,
  response,
});
