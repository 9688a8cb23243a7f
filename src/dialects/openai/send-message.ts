import { defined, type Reply, type Turn } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { completionId, created, finishReason, modelOf, openingHeaders, usage } from './completion.ts';
import { callsOf, createCompletionReader } from './completion-reader.ts';
import { events } from './events.ts';
import { messages } from './message.ts';
import { extraParameters, modelParameters } from './parameters.ts';
import { clientTools, toolCalls } from './tools.ts';
import type { ChatCompletion, ChatRequest } from './wire.ts';

const request: Codec<ChatRequest, Turn> = {
  decode: ({ headers, body }) =>
    defined({
      delivery: body.stream ? 'stream' : 'whole',
      participant: defined({ userId: body.user ?? body.safety_identifier ?? undefined }),
      conversationId: headers['x-conversation-id'],
      agent: body.model,
      activity: [],
      parameters: modelParameters.decode(body),
      tools: clientTools.decode(body),
      extra: extraParameters.decode(body),
      ...messages.decode(body.messages),
    }),
  encode: (turn) => ({
    params: {},
    query: {},
    headers: defined({ 'x-conversation-id': turn.conversationId }),
    body: defined({
      ...extraParameters.encode(turn),
      ...modelParameters.encode(turn.parameters ?? {}),
      ...(turn.tools && clientTools.encode(turn.tools)),
      model: turn.agent ?? '',
      messages: messages.encode(turn),
      stream: turn.delivery === 'stream' ? true : undefined,
      user: turn.participant.userId,
    }),
  }),
};

/** What is called has no text of its own where the model wrote none. */
const messageOf = ({ text, calls }: Reply) =>
  calls === undefined
    ? { role: 'assistant', content: text, refusal: null }
    : { role: 'assistant', content: text || null, refusal: null, tool_calls: calls.map(toolCalls.encode) };

const response: Codec<WireResponse<ChatCompletion>, Reply> = {
  decode({ headers, body }, { replyId, receivedAt }) {
    const reader = createCompletionReader();
    const { text, created: seconds } = reader.readDocument(body);
    const { calls, finishReason: reason, model, usage: count } = reader.end();
    return defined({
      id: replyId,
      conversationId: headers['x-conversation-id'],
      text,
      items: [],
      suggestions: [],
      model,
      usage: count,
      finishReason: reason,
      calls: callsOf(calls),
      createdAt: created.decode(seconds, receivedAt),
    });
  },
  encode: (reply, exchange) => ({
    status: 200,
    headers: openingHeaders(exchange),
    body: {
      id: completionId(exchange.replyId),
      object: 'chat.completion',
      created: created.encode(reply.createdAt),
      model: modelOf(exchange),
      choices: [
        {
          index: 0,
          message: messageOf(reply),
          logprobs: null,
          finish_reason: finishReason.encode(reply.finishReason),
        },
      ],
      usage: usage.encode(reply.usage),
    },
  }),
};

export const sendMessage = defineEndpoint<'send-message', ChatRequest, ChatCompletion>({
  operation: 'send-message',
  method: 'POST',
  paths: ['/v1/chat/completions'],
  schema: {
    request: 'openai/send-message.request.json',
    response: 'openai/send-message.response.json',
    event: 'openai/send-message.event.json',
    heard: 'openai/heard.json',
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
    'output.conversationId',
    'output.text',
    'output.usage',
    'output.finishReason',
    'output.calls',
    'output.createdAt',
  ],
  request,
  response,
  events,
});
