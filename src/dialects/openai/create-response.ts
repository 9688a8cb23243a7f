import { defined, type Reply, type Turn } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { created, openingHeadersWith } from './completion.ts';
import { responseEvents } from './response-events.ts';
import { responseInput } from './response-input.ts';
import { createResponseWriter, endedState, idsOf, readEnded } from './response-object.ts';
import {
  continuation,
  extraFields,
  functionTools,
  responseDemands,
  responseParameters,
} from './response-parameters.ts';
import type { ResponseObject, ResponseRequest } from './responses-wire.ts';

const request: Codec<ResponseRequest, Turn> = {
  decode({ body }) {
    const said = responseInput.decode(body.input);
    return defined({
      ...said,
      ...continuation.decode(body, said),
      delivery: body.stream ? 'stream' : 'whole',
      participant: defined({ userId: body.user ?? body.safety_identifier ?? undefined }),
      agent: body.model,
      activity: [],
      parameters: responseParameters.decode(body),
      tools: functionTools.decode(body),
      extra: extraFields.decode(body),
    });
  },
  encode: (turn) => ({
    params: {},
    query: {},
    headers: {},
    body: defined({
      ...extraFields.encode(turn),
      ...responseParameters.encode(turn.parameters ?? {}),
      ...(turn.tools && functionTools.encode(turn.tools)),
      ...continuation.encode(turn),
      model: turn.agent ?? '',
      input: responseInput.encode(turn),
      stream: turn.delivery === 'stream' ? true : undefined,
      user: turn.participant.userId,
    }),
  }),
};

const headers = openingHeadersWith(responseDemands);

const response: Codec<WireResponse<ResponseObject>, Reply> = {
  decode: ({ headers: told, body }, { replyId, receivedAt }) =>
    defined({
      ...readEnded(body),
      id: replyId,
      conversationId: told['x-conversation-id'],
      items: [],
      suggestions: [],
      createdAt: created.decode(body.created_at, receivedAt),
    }),
  encode: (reply, exchange) => ({
    status: 200,
    headers: headers(exchange),
    // `write` puts the state's fields beside what was asked.
    body: createResponseWriter(exchange, reply.createdAt)(endedState(reply, idsOf(exchange))) as ResponseObject,
  }),
};

/** The vendor's newer way to ask, in which the gateway may keep what was said. */
export const createResponse = defineEndpoint<'send-message', ResponseRequest, ResponseObject>({
  operation: 'send-message',
  optional: true,
  method: 'POST',
  paths: ['/v1/responses'],
  schema: {
    request: 'openai/create-response.request.json',
    response: 'openai/create-response.response.json',
    event: 'openai/create-response.event.json',
  },
  carries: [
    'text',
    'attachments',
    'delivery',
    'participant',
    'conversationId',
    'agent',
    'history',
    'afterwards',
    'parameters',
    'tools',
    'extra',
    'continuation',
    'output.conversationId',
    'output.text',
    'output.usage',
    'output.finishReason',
    'output.calls',
    'output.createdAt',
  ],
  request,
  response,
  events: responseEvents,
});
