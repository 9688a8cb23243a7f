import type { ErrorObject } from 'ajv';
import { readSchema } from '../dialects/schema.ts';
import { type ConfigPath, isMapping, stepInto } from './path.ts';
import { type Problem, showSecret, showValue } from './problems.ts';
import { suggest } from './suggestion.ts';

/** What the validator found in a document, in words for the person who wrote it; empty for what another error says better. */
export function explain(error: ErrorObject, document: unknown): readonly Problem[] {
  const path = pathOf(error, document);
  const { keyword, data, params, propertyName } = error;
  const schema = schemaOf(error);
  // A bad name is told as such; that its mapping therefore has a bad name, and that some `then` failed, adds nothing.
  if (keyword === 'if' || keyword === 'propertyNames') return [];
  if (propertyName !== undefined) {
    const expected = describe(schema);
    if (schema['writeOnly'] === true) return [{ path, expected, got: showSecret(propertyName) }];
    return [{ path: [...path, propertyName], expected, got: showValue(propertyName) }];
  }
  if (keyword === 'required') {
    const name = String(params['missingProperty']);
    const missing = resolved(stepInto(schema['properties'], name));
    return [{ path: [...path, name], expected: describe(missing, name), got: 'nothing' }];
  }
  if (keyword === 'additionalProperties')
    return [explainUnknownKey(path, String(params['additionalProperty']), schema)];
  // A text of the wrong kind may be anything: the address of a Redis, say, in place of the mapping that holds it.
  const mayBeSecret = schema['writeOnly'] === true || (keyword === 'type' && typeof data === 'string');
  const got = mayBeSecret ? showSecret(data) : showValue(data);
  return [
    { path, expected: expectations[keyword]?.(error, schema) ?? `a value that ${error.message ?? 'is valid'}`, got },
  ];
}

/** The place that an error is about; an entry of a list is a number in it. */
export function pathOf({ instancePath }: ErrorObject, document: unknown): ConfigPath {
  const path: (string | number)[] = [];
  let place = document;
  for (const segment of instancePath.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(place) ? Number(name) : name;
    path.push(step);
    place = stepInto(place, step);
  }
  return path;
}

type Schema = Readonly<Record<string, unknown>>;

const schemaOf = ({ parentSchema }: ErrorObject): Schema => parentSchema ?? {};

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

const expectations: Readonly<Record<string, (error: ErrorObject, schema: Schema) => string>> = {
  type: ({ params, data }, schema) => {
    // A number where a text of a certain form belongs, such as a time without its unit.
    if (typeof data === 'number' && schema['type'] === 'string' && schema['pattern'] !== undefined)
      return describe(schema);
    const wanted = [params['type']].flat().map((kind) => kinds[String(kind)] ?? String(kind));
    const quotes = wanted.includes('text') && typeof data !== 'object' ? ', in quotes' : '';
    return wanted.join(' or ') + quotes;
  },
  enum: ({ params, data }) => {
    const allowed = [params['allowedValues']].flat().map(String);
    return (allowed.length === 1 ? '' : 'one of ') + allowed.join(', ') + suggest(data, allowed);
  },
  pattern: (_error, schema) => describe(schema),
  minimum: ({ params }) => `at least ${String(params['limit'])}`,
  maximum: ({ params }) => `at most ${String(params['limit'])}`,
  minLength: () => 'text that is not empty',
  maxLength: ({ params }) => `at most ${String(params['limit'])} characters`,
  minItems: () => 'at least one entry',
  minProperties: () => 'at least one entry',
  uniqueItems: ({ params }) => `entries that differ: ${String(params['j'])} and ${String(params['i'])} are equal`,
};

/** What a part of the schema refers to. */
function resolved(schema: unknown): unknown {
  const reference = isMapping(schema) ? schema['$ref'] : undefined;
  const [, name] = typeof reference === 'string' ? (/^#\/\$defs\/(\w+)$/.exec(reference) ?? []) : [];
  return name === undefined ? schema : stepInto(definitions, name);
}

const definitions = readSchema('config.json')['$defs'];

function describe(schema: unknown, name?: string): string {
  const text = isMapping(schema) ? schema['description'] : undefined;
  if (typeof text === 'string') return name === undefined ? text : `a value (${text})`;
  return name === undefined ? 'another value' : 'a value';
}

function explainUnknownKey(path: ConfigPath, key: string, schema: Schema): Problem {
  const known = isMapping(schema['properties']) ? Object.keys(schema['properties']) : [];
  return {
    path: [...path, key],
    expected: `a key that is known here: ${known.join(', ')}${suggest(key, known)}`,
    got: showValue(key),
  };
}
