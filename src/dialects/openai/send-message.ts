import { defined, type Reply, type Turn } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { completionId, created, finishReason, modelOf, usage } from './completion.ts';
import { events } from './events.ts';
import { messages } from './message.ts';
import { parameters } from './parameters.ts';
import type { ChatCompletion, ChatRequest } from './wire.ts';

const request: Codec<ChatRequest, Turn> = {
  decode: ({ headers, body }) =>
    defined({
      ...messages.decode(body.messages),
      delivery: body.stream ? 'stream' : 'whole',
      participant: defined({ userId: body.user ?? body.safety_identifier ?? undefined }),
      conversationId: headers['x-conversation-id'],
      agent: body.model,
      activity: [],
      extra: parameters.decode(body),
    }),
  encode: (turn) => ({
    params: {},
    query: {},
    headers: defined({ 'x-conversation-id': turn.conversationId }),
    body: defined({
      ...parameters.encode(turn),
      model: turn.agent ?? '',
      messages: messages.encode(turn),
      stream: turn.delivery === 'stream' ? true : undefined,
      user: turn.participant.userId,
    }),
  }),
};

const response: Codec<WireResponse<ChatCompletion>, Reply> = {
  decode: ({ headers, body }, { replyId, receivedAt }) =>
    defined({
      id: replyId,
      conversationId: headers['x-conversation-id'],
      text: body.choices[0]?.message.content ?? '',
      items: [],
      suggestions: [],
      model: body.model ?? undefined,
      usage: usage.decode(body.usage),
      finishReason: finishReason.decode(body.choices[0]?.finish_reason),
      createdAt: created.decode(body.created, receivedAt),
    }),
  encode: (reply, exchange) => ({
    status: 200,
    headers: defined({ 'x-conversation-id': exchange.conversationId }),
    body: {
      id: completionId(exchange.replyId),
      object: 'chat.completion',
      created: created.encode(reply.createdAt),
      model: modelOf(exchange),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: reply.text, refusal: null },
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
  },
  carries: [
    'text',
    'attachments',
    'delivery',
    'participant',
    'conversationId',
    'agent',
    'history',
    'extra',
    'output.conversationId',
    'output.text',
    'output.usage',
    'output.finishReason',
    'output.createdAt',
  ],
  request,
  response,
  events,
});
