import type { Dialect } from '../dialect.ts';
import { createResponse } from './create-response.ts';
import { errors } from './errors.ts';
import { placeOfImage } from './message.ts';
import { getAgent, listAgents } from './models.ts';
import { demandNames } from './parameters.ts';
import { placeOfInputImage } from './response-input.ts';
import { responseDemands } from './response-parameters.ts';
import type { ResponseBody } from './responses-wire.ts';
import { sendMessage } from './send-message.ts';
import type { ChatBody } from './wire.ts';

/**
 * Source: the vendor's API reference. A conversation goes on where the client names it by the id that it was given; an id that was
 * given to nobody is refused, so that a header that a proxy sets for all does not make one conversation of everybody's. Our choice.
 */
export const openai: Dialect = {
  name: 'openai',
  title: 'OpenAI chat completions and responses, as many servers and clients speak them',
  prefixes: ['/v1/chat/completions', '/v1/models', '/v1/completions', '/v1/responses', '/v1/embeddings'],
  credential: { kind: 'key', headers: ['authorization'] },
  conversationIds: 'prefixed',
  unknownConversations: 'refuse',
  fetchesImages: true,
  placeOfImage: ({ body }, image) =>
    isResponse(body) ? placeOfInputImage(body.input, image) : placeOfImage((body as ChatBody).messages, image), // the schema has seen it
  placeOfDemand: ({ body }, demand) => [
    'body',
    ...(isResponse(body) ? responseDemands[demand].split('.') : [demandNames[demand]]),
  ],
  endpoints: [sendMessage, createResponse, listAgents, getAgent],
  errors,
  quotaHeaders: ({ limit, remaining, secondsLeft }) => ({
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': duration(secondsLeft),
  }),
};

/** Which of the two ways to ask it is, of a body that a schema has seen. */
const isResponse = (body: unknown): body is ResponseBody =>
  typeof body === 'object' && body !== null && 'input' in body;

/** `1s`, `6m0s`, `1h0m0s` */
function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
