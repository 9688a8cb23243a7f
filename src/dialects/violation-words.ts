import type { Violation } from '../errors/index.ts';

type Predicate = (params: Violation['params']) => string | undefined;

/** What a rule of a schema asks for, to follow a field's name; for the rules whose own words say too little or too much. */
export const predicates: Readonly<Record<string, Predicate>> = {
  type: ({ type }) =>
    `must be of type ${[type]
      .flat()
      .filter((name) => name !== 'null')
      .join(' or ')}`,
  enum: ({ allowedValues }) =>
    Array.isArray(allowedValues) ? `must be one of ${allowedValues.join(', ')}` : undefined,
  maxLength: ({ limit }) => `must not have more than ${String(limit)} characters`,
};
