import type { Backend } from '../backends/backend.ts';
import type { Conversation } from '../canonical/index.ts';
import type { Route } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Agent, Caller } from './caller.ts';
import { agentOf, agentOfConversation } from './find-conversation.ts';
import { backendOfMigration, splitsBackends } from './migrating.ts';

/** Who answers a conversation, and how: what the caller's key or site says comes before its agent's word. `named` is the agent that the request names. */
export function routeOf(caller: Caller, conversation: Conversation, named?: string): Route {
  const agent = named === undefined ? agentOfConversation(caller, conversation) : agentOf(caller, named);
  return routeFor(caller, agent, conversation);
}

/** Who answers what an agent is asked by this caller, and how. */
function routeFor({ route, migration }: Caller, agent: Agent, conversation?: Conversation): Route {
  const moved = migration ?? agent.migration;
  const settled = route === undefined ? agent.route : { ...agent.route, ...route };
  return moved === undefined ? settled : { ...settled, backend: backendOfMigration(moved, conversation) };
}

/** All who may come to answer what an agent is asked, before the conversation is known: both sides, while each conversation has its own. */
export function backendsFor(caller: Caller, agent: Agent): readonly Backend[] {
  const own = backendOf(caller, routeFor(caller, agent));
  const moved = caller.migration ?? agent.migration;
  return moved !== undefined && splitsBackends(moved) ? [own, backendOf(caller, moved.config.to)] : [own];
}

/** The backend that a route leads to. */
export function backendOf({ tenant: { backends } }: Caller, { backend: name }: Pick<Route, 'backend'>): Backend {
  const backend = backends.get(name);
  if (backend === undefined) throw new GatewayError('internal', `No backend is called ${name}`); // the configuration's checks see to it
  return backend;
}
