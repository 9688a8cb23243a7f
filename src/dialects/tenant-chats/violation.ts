import type { Violation } from '../../errors/index.ts';
import { predicates } from '../violation-words.ts';

/** A hundred broken fields make no better sentence than a few. */
const maxSentences = 5;

/** What is wrong with a request, in a sentence or a few; `undefined` if nothing is. Our choice. */
export function describeViolations(violations: readonly Violation[]): string | undefined {
  const sentences = violations.filter(({ rule }) => !choices.has(rule)).map((violation) => sentence(violation));
  return sentences.length === 0 ? undefined : [...new Set(sentences)].slice(0, maxSentences).join('; ');
}

/** Rules that choose among others, which have told what is wrong already. */
const choices: ReadonlySet<string> = new Set(['anyOf', 'if']);

function sentence({ path: [place, ...names], rule, params, message }: Violation): string {
  if (names.length === 0) return 'A JSON object is expected';
  const subject = `${kinds[place ?? 'body'] ?? 'Field'} '${names.join('.')}'`;
  const count = rule === 'pattern' && counts.has(names.join('.')) ? 'must be a whole number in its range' : undefined;
  return `${subject} ${count ?? ownPredicates[rule]?.(params) ?? message}`;
}

const counts: ReadonlySet<string> = new Set(['limit', 'offset']);

const kinds: Readonly<Record<string, string>> = {
  query: 'Query parameter',
  params: 'Path parameter',
  headers: 'Header',
};

/** The rules that are not here say it well enough themselves. */
const ownPredicates: typeof predicates = {
  ...predicates,
  required: () => 'is required',
  minLength: ({ limit }) => (limit === 1 ? 'must not be empty' : undefined),
  pattern: ({ pattern }) =>
    String(pattern).startsWith('^[^')
      ? 'has characters that are not allowed'
      : 'must be a whole number within its range',
};
