import { type AgentEntry, defined } from '../../canonical/index.ts';
import { defineEndpoint, type WireRequest } from '../dialect.ts';
import type { Model, ModelList, ModelRequest } from './wire.ts';

/** An agent as a model: clients name it by its slug. Nobody records when an agent was made: that is nought. Our choice. */
export const model = {
  encode: ({ slug, name, owner }: AgentEntry): Model => ({
    id: slug,
    object: 'model',
    created: 0,
    owned_by: owner,
    name,
  }),
  decode: ({ id, name, owned_by }: Model): AgentEntry => defined({ slug: id, name: name ?? id, owner: owned_by }),
};

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
