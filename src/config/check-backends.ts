import { upstreamNeeds } from './names.ts';
import { type Place, select, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';

/** What a kind of backend needs beyond what the schema can say. */
export function checkBackend({ path, value }: Place): readonly Problem[] {
  return [...checkUpstream({ path, value }), ...checkWeights({ path, value })];
}

function checkUpstream({ path, value }: Place): readonly Problem[] {
  if (stepInto(value, 'type') !== 'upstream') return [];
  return Object.entries(upstreamNeeds(stepInto(value, 'dialect')))
    .filter(([name]) => stepInto(value, name) === undefined)
    .map(([name, what]) => ({ path: [...path, name], expected: what, got: 'nothing' }));
}

function checkWeights({ path, value }: Place): readonly Problem[] {
  if (stepInto(value, 'type') !== 'weighted') return [];
  const weights = select(value, ['of', '*', 'weight']).map((place) => place.value);
  if (weights.length === 0 || weights.some((weight) => typeof weight !== 'number' || weight > 0)) return [];
  return [{ path: [...path, 'of'], expected: 'at least one weight above 0', got: 'none' }];
}

/** Backends that are made of themselves, by whatever way. */
export function checkCycles(document: unknown): readonly Problem[] {
  const parts = new Map(
    select(document, ['backends', '*']).map(({ path, value }) => [String(path.at(-1)), partsOf(value)]),
  );
  const reaches = (from: string, goal: string, seen: ReadonlySet<string>): boolean =>
    (parts.get(from) ?? []).some(
      (part) => part === goal || (!seen.has(part) && reaches(part, goal, new Set([...seen, part]))),
    );
  return [...parts.keys()]
    .filter((name) => reaches(name, name, new Set([name])))
    .map((name) => ({
      path: ['backends', name, 'of'],
      expected: 'backends that are not made of this one',
      got: showValue(parts.get(name)?.join(', ')),
    }));
}

const partsOf = (backend: unknown): readonly string[] =>
  [...select(backend, ['of', '*']), ...select(backend, ['of', '*', 'backend'])].flatMap(({ value }) =>
    typeof value === 'string' ? [value] : [],
  );
