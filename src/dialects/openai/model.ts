import { type AgentEntry, defined } from '../../canonical/index.ts';
import type { Model } from './wire.ts';

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
