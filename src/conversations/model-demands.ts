import type { Backend } from '../backends/backend.ts';
import { takesForm, usedOf } from '../backends/demands.ts';
import type { ClientTools, Demand, ModelParameters, Turn } from '../canonical/index.ts';
import type { AskedBounds } from '../config/index.ts';
import { demandNames } from '../dialects/openai/parameters.ts';
import { GatewayError, type Violation } from '../errors/index.ts';
import type { Caller } from './caller.ts';
import { agentOf, type SentTurn } from './find-conversation.ts';
import { backendsFor } from './route.ts';

/** A turn with what may be asked, and what was passed over. */
export interface Heeded {
  readonly turn: SentTurn;
  /** Hints that the agent does not allow or its backend cannot use. */
  readonly ignored: readonly Demand[];
}

/**
 * A turn within what its agent lets clients ask of a model. Throws `invalid-request` for a demand that cannot be met: an answer of a
 * certain form, or the call of a tool. An answer that looks as if it had been met would break what reads it. Where either side of a
 * migration may come to answer, both have to meet it. To be asked before anything is stored.
 */
export function heedDemands(turn: SentTurn, caller: Caller): Heeded {
  const agent = turn.agent === undefined ? caller.defaultAgent : agentOf(caller, turn.agent);
  const allows = allowedBy(agent.parameters);
  const heedFor = ({ turn: asked, ignored }: Heeded, backend: Backend): Heeded => {
    const heeded = heedAt(asked, { backend: usedOf(backend, asked), allows, caller }, agent.parameters?.max_tokens);
    return ignored.length === 0 ? heeded : { ...heeded, ignored: [...new Set([...ignored, ...heeded.ignored])] };
  };
  return backendsFor(caller, agent).reduce(heedFor, { turn, ignored: [] });
}

function heedAt(turn: SentTurn, bounds: Bounds, most?: number): Heeded {
  const tools = heedTools(turn.tools, bounds);
  const { parameters = {}, ignored } = heedParameters(turn, bounds, most);
  if (parameters === turn.parameters && tools.tools === turn.tools) return { turn, ignored };
  const { parameters: _, tools: __, ...rest } = turn;
  return {
    turn: {
      ...rest,
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(tools.tools && { tools: tools.tools }),
    },
    ignored: [...ignored, ...tools.ignored],
  };
}

type Allows = (name: Demand) => boolean;

function allowedBy({ allow }: AskedBounds = {}): Allows {
  return allow === undefined ? () => true : (name) => allow.includes(demandNames[name]);
}

type Able = Pick<Backend, 'carries' | 'takes'>;

interface Bounds {
  readonly backend: Able;
  readonly allows: Allows;
  readonly caller: Caller;
}

function heedTools(tools: ClientTools | undefined, { backend, allows, caller }: Bounds) {
  if (tools === undefined) return { ignored: [] };
  const isDemand = tools.choice !== 'auto' && tools.choice !== 'none';
  const isUsed = carries(backend, 'tools') && allows('tools');
  if (isDemand && !(isUsed && allows('toolChoice'))) throw unmet('toolChoice', caller);
  if (!allows('tools')) return { ignored: ['tools' as const] };
  const unused = isUsed ? [] : ['tools' as const];
  if (allows('toolChoice') || tools.choice === 'auto') return { tools, ignored: unused };
  return { tools: { ...tools, choice: 'auto' as const }, ignored: [...unused, 'toolChoice' as const] };
}

/**
 * Of parameters none of which the backend is sure to use, those that are allowed are left in the turn: whoever may be asked after all can
 * use them, and they are counted as lost where nobody does.
 */
function heedParameters({ parameters }: Turn, { backend, allows, caller }: Bounds, most = Number.POSITIVE_INFINITY) {
  if (parameters === undefined) return { ignored: [] };
  const isCarried = carries(backend, 'parameters');
  const isTaken = (name: keyof ModelParameters): boolean =>
    isCarried && isTakenBy(backend, parameters, name) && allows(name);
  const names = Object.keys(parameters) as (keyof ModelParameters)[]; // those of a turn are these names
  const ignored = names.filter((name) => !isTaken(name));
  if (ignored.includes('responseFormat')) throw unmet('responseFormat', caller);
  const kept = isCarried ? names.filter(isTaken) : names.filter(allows);
  const isWithin = parameters.maxTokens === undefined || parameters.maxTokens <= most;
  if (kept.length === names.length && isWithin) return { parameters, ignored };
  const taken: ModelParameters = Object.fromEntries(kept.map((name) => [name, parameters[name]]));
  const { maxTokens } = taken;
  return { parameters: maxTokens === undefined ? taken : { ...taken, maxTokens: Math.min(maxTokens, most) }, ignored };
}

function isTakenBy(backend: Able, parameters: ModelParameters, name: keyof ModelParameters): boolean {
  return name === 'responseFormat' ? takesForm(backend, { parameters }) : (backend.takes?.has(name) ?? true);
}

const carries = ({ carries: carried }: Able, field: 'parameters' | 'tools'): boolean => carried?.has(field) ?? true;

/** Said with the place that the caller's dialect has for it. */
function unmet(demand: Demand, { placeOfDemand }: Pick<Caller, 'placeOfDemand'>): GatewayError {
  const path = placeOfDemand?.(demand) ?? ['body', demandNames[demand]];
  const name = path.slice(1).join('.');
  const message = 'is nothing that this model can do';
  const violation: Violation = { path, rule: 'unsupported', params: {}, value: undefined, message };
  return new GatewayError('invalid-request', `${name} ${message}`, { violations: [violation] });
}
