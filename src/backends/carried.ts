import type { Takable } from '../canonical/index.ts';
import type { Backend } from './backend.ts';

/**
 * What every one of several backends carries and takes: which of them answers is known only when it has, and no more than this is sure
 * to get through. Absent where all of them do with all.
 */
export function carriedByAll(parts: readonly Pick<Backend, 'carries' | 'takes'>[]): Pick<Backend, 'carries' | 'takes'> {
  const carries = inAll(parts.map((part) => part.carries));
  const takes = inAll(parts.map((part) => part.takes && withSchemas(part.takes)));
  return { ...(carries && { carries }), ...(takes && { takes }) };
}

/** Who can give an answer any form can give it one by its schema. */
const withSchemas = (takes: ReadonlySet<Takable>): ReadonlySet<Takable> =>
  takes.has('responseFormat') ? new Set([...takes, 'jsonSchema']) : takes;

function inAll<T>(sets: readonly (ReadonlySet<T> | undefined)[]): ReadonlySet<T> | undefined {
  const [first, ...rest] = sets.filter((set) => set !== undefined);
  return first && new Set([...first].filter((entry) => rest.every((set) => set.has(entry))));
}
