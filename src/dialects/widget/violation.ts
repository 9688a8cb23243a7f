import type { Violation } from '../../errors/index.ts';
import { predicates } from '../violation-words.ts';

/**
 * What is wrong with each field: one sentence each, the first that was found, under the documented name whichever spelling was
 * sent. Our choice for the sentences; the shape is the vendor's.
 */
export function describeFields(violations: readonly Violation[]): Readonly<Record<string, string>> {
  const told = new Map<string, string>();
  for (const violation of violations) {
    const field = fieldOf(violation);
    if (field !== undefined && !told.has(field)) told.set(field, sentence(field, violation));
  }
  return Object.fromEntries(told);
}

/** A violation of the whole request repeats what its fields' own say. */
function fieldOf({ path: [place, ...names], rule }: Violation): string | undefined {
  if (names.length === 0) return place === 'body' ? 'body' : undefined;
  return rule === 'anyOf' ? undefined : names.map((name) => snakeCase(String(name))).join('.');
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const ownSentences: Readonly<Record<string, string>> = {
  body: 'The request body must be a JSON object',
  score: 'The score must be an integer from 1 to 5',
  email: 'The email must be a valid email address',
  phone: 'The phone must be a valid phone number',
  image_url: 'The image_url must be an http or https address',
  limit: 'The limit must be a whole number from 1 to 200',
  offset: 'The offset must be a whole number',
  after_id: 'The after_id must be a whole number',
  last_id: 'The last_id must be a whole number',
  since: 'The since must be an ISO 8601 time',
};

function sentence(field: string, { rule, params, message }: Violation): string {
  if (rule === 'atLeastOne') return message;
  const isMissing = rule === 'required' || (rule === 'minLength' && params['limit'] === 1);
  if (isMissing && field !== 'body') return `The ${field} field is required`;
  return ownSentences[field] ?? `The ${field} field ${ownPredicates[rule]?.(params) ?? message}`;
}

const ownPredicates: typeof predicates = {
  ...predicates,
  pattern: () => 'has characters that are not allowed',
};
