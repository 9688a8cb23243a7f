import type { Turn } from '../canonical/index.ts';
import type { Backend } from './backend.ts';
import { carriedByAll } from './capabilities.ts';

type Able = Pick<Backend, 'carries' | 'takes' | 'parts'>;

/** What of a turn a backend either does or may not be asked. */
type Demanding = Pick<Turn, 'parameters' | 'tools'>;

/** Whether a turn demands an answer of a certain form, or the call of a tool. */
const demandsForm = ({ parameters }: Demanding): boolean => parameters?.responseFormat !== undefined;
const demandsCall = ({ tools }: Demanding): boolean =>
  tools !== undefined && tools.choice !== 'auto' && tools.choice !== 'none';

/** Whether a backend can do all that a turn demands; of one that is made of others, whether one of them can. */
export function meets(backend: Able, turn: Demanding): boolean {
  if (backend.parts !== undefined) return backend.parts.some((part) => meets(part, turn));
  const { carries } = backend;
  if (demandsCall(turn) && carries?.has('tools') === false) return false;
  return !demandsForm(turn) || (carries?.has('parameters') !== false && takesForm(backend, turn));
}

/** Whether a backend that carries parameters can give an answer the form that is asked for. */
export function takesForm({ takes }: Able, { parameters }: Demanding): boolean {
  if (takes === undefined || takes.has('responseFormat')) return true;
  const form = parameters?.responseFormat;
  return form?.type === 'json-schema' && form.schema !== undefined && takes.has('jsonSchema');
}

/** Of several backends those that can do what a turn demands; all of them where it demands nothing. */
export function thoseWhoMeet<T>(parts: readonly T[], backendOf: (part: T) => Able, turn: Demanding): readonly T[] {
  if (!demandsForm(turn) && !demandsCall(turn)) return parts;
  return parts.filter((part) => meets(backendOf(part), turn));
}

/** What is sure to be used of a turn, whichever backend comes to be asked: those that cannot do what it demands are not. */
export function usedOf(backend: Able, turn: Demanding): Pick<Backend, 'carries' | 'takes'> {
  if (backend.parts === undefined) return backend;
  const able = thoseWhoMeet(backend.parts, (part) => part, turn);
  return carriedByAll((able.length === 0 ? backend.parts : able).map((part) => usedOf(part, turn)));
}
