import { defineEndpoint, type WireRequest } from '../dialect.ts';
import { model } from './model.ts';
import type { ModelList } from './wire.ts';

export const listAgents = defineEndpoint<'list-agents', WireRequest, ModelList>({
  operation: 'list-agents',
  method: 'GET',
  paths: ['/v1/models'],
  schema: { request: 'openai/list-agents.request.json', response: 'openai/list-agents.response.json' },
  carries: ['output.agents'],
  request: {
    decode: () => ({}),
    encode: () => ({ params: {}, query: {}, headers: {}, body: undefined }),
  },
  response: {
    decode: ({ body }) => ({ agents: body.data.map(model.decode) }),
    encode: ({ agents }) => ({ status: 200, headers: {}, body: { object: 'list', data: agents.map(model.encode) } }),
  },
});
