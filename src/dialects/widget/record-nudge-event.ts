import { defined, type InputOf, type OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { succeed, tell } from './envelope.ts';
import { session } from './session.ts';
import type { NudgeEventRequest, Success } from './wire.ts';

const request: Codec<NudgeEventRequest, InputOf<'record-nudge-event'>> = {
  decode: ({ query, body }) =>
    defined({
      participant: session.decode(body, query),
      event: body.event,
      rule: (body.rule_path ?? body.rulePath) || undefined,
    }),
  encode: ({ participant, event, rule }) => tell(defined({ ...session.encode(participant), event, rule_path: rule })),
};

const response: Codec<WireResponse<Success>, OutputOf<'record-nudge-event'>> = {
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
  request,
  response,
});
