import type { Backend } from '../backends/backend.ts';
import type { ModelParameters, Turn } from '../canonical/index.ts';
import { GatewayError, type Violation } from '../errors/index.ts';
import type { Caller } from './caller.ts';
import { agentOf } from './find-conversation.ts';
import { backendOf } from './route.ts';

type Carries = Backend['carries'];

/** Where the caller's wire has a demand. A turn that makes one comes over the openai dialect, whose words these are. */
const places = { format: 'response_format', tool: 'tool_choice' };

/**
 * The hints of a turn that its backend cannot use, by name. Throws `invalid-request` for a demand that it cannot meet: an answer of
 * a certain form, or the call of a tool. An answer that looks as if it had been met would break what reads it. To be asked before
 * anything is stored.
 */
export function heedDemands({ parameters, tools, agent }: Turn, caller: Caller): readonly (keyof ModelParameters)[] {
  const { route } = agent === undefined ? caller.defaultAgent : agentOf(caller, agent);
  const { carries } = backendOf(caller, { ...route, ...caller.route });
  const demandsTool = tools !== undefined && tools.choice !== 'auto' && tools.choice !== 'none';
  if (demandsTool && !has(carries, 'tools')) throw unmet(places.tool);
  if (parameters === undefined || has(carries, 'parameters')) return [];
  if (parameters.responseFormat !== undefined) throw unmet(places.format);
  return Object.keys(parameters) as (keyof ModelParameters)[]; // those of a turn are these names
}

const has = (carries: Carries, field: 'parameters' | 'tools'): boolean => carries === undefined || carries.has(field);

function unmet(name: string): GatewayError {
  const violation: Violation = {
    path: ['body', name],
    rule: 'unsupported',
    params: {},
    value: undefined,
    message: 'is nothing that this model can do',
  };
  return new GatewayError('invalid-request', `${name} is nothing that this model can do`, { violations: [violation] });
}
