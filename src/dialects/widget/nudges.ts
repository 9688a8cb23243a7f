import { defined, type InputOf, type OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { nudge } from './message.ts';
import { type SessionQuery, session, sessionQuery, succeed, tell } from './session.ts';
import type { MessageList, NudgeEventRequest, Success } from './wire.ts';

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

const eventRequest: Codec<NudgeEventRequest, InputOf<'record-nudge-event'>> = {
  decode: ({ query, body }) =>
    defined({
      participant: session.decode(body, query),
      event: body.event,
      rule: (body.rule_path ?? body.rulePath) || undefined,
    }),
  encode: ({ participant, event, rule }) => tell(defined({ ...session.encode(participant), event, rule_path: rule })),
};

const eventResponse: Codec<WireResponse<Success>, OutputOf<'record-nudge-event'>> = {
  decode: () => ({ event: 'shown' }), // the answer does not repeat it: what is certain is that it was shown
  encode: () => succeed({}),
};

export const recordNudgeEvent = defineEndpoint<'record-nudge-event', NudgeEventRequest, Success>({
  operation: 'record-nudge-event',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/proactive/event'],
  schema: { request: 'widget/record-nudge-event.request.json', response: 'widget/record-nudge-event.response.json' },
  carries: ['participant', 'event', 'rule'],
  request: eventRequest,
  response: eventResponse,
});
