import type { Backend } from './backend.ts';

/**
 * What every one of several backends carries: which of them answers is known only when it has, and no more than this is sure to get
 * through. `undefined` if all of them carry all.
 */
export function carriedByAll(parts: readonly Backend[]): Backend['carries'] {
  const lists = parts.flatMap(({ carries }) => (carries === undefined ? [] : [carries]));
  const [first, ...rest] = lists;
  return first && new Set([...first].filter((field) => rest.every((list) => list.has(field))));
}
