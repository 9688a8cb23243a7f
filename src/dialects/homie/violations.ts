import type { Violation } from '../../errors/index.ts';

/** Sentences of class-validator, without the field's name; those for pages and for whole bodies are our choice in its style. */
const sentences: Readonly<Record<string, (violation: Violation) => string>> = {
  required: ({ path }) => (path.length === 1 ? 'should not be empty' : 'must be a string'),
  type: ({ path }) => (path.length === 1 ? 'must be an object' : 'must be a string'),
  minLength: () => 'should not be empty',
  maxLength: ({ params }) => `must be shorter than or equal to ${String(params['limit'])} characters`,
  pattern: (violation) => (violation.path[0] === 'query' ? describeNumber(violation) : 'must be a UUID'),
};

/** The largest page and the largest sizes that the request's schema admits. Our choice. */
const largest: Readonly<Record<string, number>> = { page: 999_999, size: 100, limit: 100 };

function describeNumber({ path, value }: Violation): string {
  const text = String(value);
  if (!/^-?\d+$/.test(text)) return 'must be an integer number';
  return Number(text) < 1 ? 'must not be less than 1' : `must not be greater than ${largest[String(path[1])] ?? ''}`;
}

/** One sentence a violation, each beginning with the field's name. Source: the framework's validation, `currentUrl must be a string`. */
export function describeViolations(violations: readonly Violation[]): string[] {
  return violations.map((violation) => {
    const sentence = sentences[violation.rule]?.(violation) ?? violation.message;
    return `${String(violation.path.at(-1))} ${sentence}`;
  });
}
