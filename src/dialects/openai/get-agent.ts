import { defineEndpoint } from '../dialect.ts';
import { model } from './model.ts';
import type { Model, ModelRequest } from './wire.ts';

export const getAgent = defineEndpoint<'get-agent', ModelRequest, Model>({
  operation: 'get-agent',
  method: 'GET',
  paths: ['/v1/models/:model'],
  schema: { request: 'openai/get-agent.request.json', response: 'openai/get-agent.response.json' },
  carries: ['agent', 'output.slug', 'output.name', 'output.owner'],
  request: {
    decode: ({ params }) => ({ agent: params.model }),
    encode: ({ agent }) => ({ params: { model: agent }, query: {}, headers: {}, body: undefined }),
  },
  response: {
    decode: ({ body }) => model.decode(body),
    encode: (agent) => ({ status: 200, headers: {}, body: model.encode(agent) }),
  },
});
