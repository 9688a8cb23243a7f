import type { AgentEntry, InputOf } from '../canonical/index.ts';
import type { Agent, Caller } from './caller.ts';
import { agentOf } from './find-conversation.ts';
import type { DocumentAnswer, Services } from './services.ts';

/** The agents of the caller's tenant, in the order of the configuration. */
export async function listAgents(
  _services: Services,
  _input: InputOf<'list-agents'>,
  caller: Caller,
): Promise<DocumentAnswer<'list-agents'>> {
  return Promise.resolve({ value: { agents: caller.tenant.agents.map((agent) => shown(agent, caller)) } });
}

/** Throws `not-found` for an agent that the tenant does not have. */
export async function getAgent(
  _services: Services,
  { agent }: InputOf<'get-agent'>,
  caller: Caller,
): Promise<DocumentAnswer<'get-agent'>> {
  return Promise.resolve({ value: shown(agentOf(caller, agent), caller) });
}

const shown = ({ slug, name }: Agent, { tenant }: Caller): AgentEntry => ({ slug, name, owner: tenant.name });
