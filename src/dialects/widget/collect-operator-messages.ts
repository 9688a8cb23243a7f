import { defined, type InputOf, type OutputOf } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { message } from './message.ts';
import { ask, session, succeed } from './session.ts';
import type { Inbox, InboxRequest } from './wire.ts';

const request: Codec<InboxRequest, InputOf<'collect-operator-messages'>> = {
  decode({ query }) {
    const after = query.after_id ?? query.afterId ?? query.last_id ?? query.lastId;
    return defined({
      participant: session.decode(query),
      afterSequence: after === undefined ? undefined : Number(after),
      since: query.since === undefined ? undefined : decodeSince(query.since),
    });
  },
  encode: ({ participant, afterSequence, since }) =>
    ask(
      defined({
        ...session.encode(participant),
        after_id: afterSequence === undefined ? undefined : String(afterSequence),
        since: since === undefined ? undefined : new Date(since).toISOString(),
      }),
    ),
};

/** Throws `invalid-request` for what is no time. */
function decodeSince(text: string): string {
  // A `+` that a client forgot to escape arrives as a space.
  const instant = new Date(text.replace(/ (?=\d\d:?\d\d$)/, '+'));
  if (!Number.isNaN(instant.getTime())) return instant.toISOString();
  const message = 'must be an ISO 8601 time';
  throw new GatewayError('invalid-request', `since ${message}`, {
    violations: [{ path: ['query', 'since'], rule: 'format', params: { format: 'date-time' }, value: text, message }],
  });
}

const response: Codec<WireResponse<Inbox>, OutputOf<'collect-operator-messages'>> = {
  decode: ({ body }, { conversationId = '' }) => ({
    messages: body.messages.map((entry) => message.decode(entry, conversationId)),
    mode: body.mode,
  }),
  encode: ({ messages, mode }) => succeed({ messages: messages.map(message.encode), mode }),
};

export const collectOperatorMessages = defineEndpoint<'collect-operator-messages', InboxRequest, Inbox>({
  operation: 'collect-operator-messages',
  method: 'GET',
  paths: ['/api/v1/chat/operator-messages'],
  schema: {
    request: 'widget/collect-operator-messages.request.json',
    response: 'widget/collect-operator-messages.response.json',
  },
  carries: ['participant', 'afterSequence', 'since', 'output.messages', 'output.mode'],
  request,
  response,
});
