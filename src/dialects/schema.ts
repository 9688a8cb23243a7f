import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { GatewayError, type Violation } from '../errors/index.ts';

/** The folder of the schemas, beside `src` and beside `dist`. */
export const schemaFolder = new URL('../../schemas/', import.meta.url);

/** `strictRequired` refuses `required` beside `oneOf`; nothing that edits the value (defaults, coercion) is switched on. */
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, verbose: true, allowUnionTypes: true });
addFormats.default(ajv);

/** Of a hostile body there could be hundreds of thousands, a second's work to tell; the first ones are enough. */
const maxViolations = 1_000;

/** What a schema says about a value. */
export interface Guard<T> {
  accepts(value: unknown): value is T;
  /** What is wrong with the value, the first thousand things of it; empty if it is accepted. */
  violations(value: unknown): readonly Violation[];
}

const guards = new Map<string, Guard<unknown>>();

/**
 * The compiled schema of a file under `schemas/`, `agent-slug/send-message.request.json`. `T` is the type that mirrors the
 * file. Throws at start if the file is missing or not a strict 2020-12 schema.
 */
export function schemaGuard<T>(file: string): Guard<T> {
  const known = guards.get(file) ?? compile(file);
  guards.set(file, known);
  return known as Guard<T>; // `T` mirrors the file: the laws hold documented examples against both
}

/** The JSON Schema in a file under `schemas/`. */
export function readSchema(file: string): Record<string, unknown> {
  // Our own files: what is not an object fails in ajv with the file's name.
  return JSON.parse(readFileSync(new URL(file, schemaFolder), 'utf8')) as Record<string, unknown>;
}

function compile(file: string): Guard<unknown> {
  // ajv has it already if another file refers to it, and takes no second one.
  const validate: ValidateFunction =
    ajv.getSchema(`dragoman:/${file}`) ?? ajv.compile(resolveReferences(readSchema(file), file));
  return {
    accepts: (value): value is unknown => validate(value),
    violations: (value) =>
      validate(value) ? [] : (validate.errors ?? []).slice(0, maxViolations).map((error) => toViolation(error, value)),
  };
}

/** Makes other files known to ajv under the address by which this one names them. */
function resolveReferences(schema: Record<string, unknown>, file: string): Record<string, unknown> {
  const id = `dragoman:/${file}`;
  for (const name of referencedFiles(schema, id)) {
    const address = `dragoman:/${name}`;
    if (ajv.getSchema(address) === undefined)
      ajv.addSchema({ ...resolveReferences(readSchema(name), name), $id: address });
  }
  return { ...schema, $id: id };
}

/** Files that a schema's `$ref`s name, relative to `schemas/`. */
export function referencedFiles(schema: unknown, id: string): string[] {
  const names = new Set<string>();
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string' && !value.startsWith('#')) {
      names.add(new URL(value, id).pathname.slice(1));
    }
    return value;
  });
  return [...names];
}

function toViolation(error: ErrorObject, root: unknown): Violation {
  const missing = error.keyword === 'required' ? [String(error.params['missingProperty'])] : [];
  return {
    path: [...readPointer(error.instancePath, root), ...missing],
    rule: error.keyword,
    params: error.params,
    value: error.data,
    message: error.message ?? 'is not valid',
  };
}

/** A JSON pointer as a path in which an array's index is a number. */
function readPointer(pointer: string, root: unknown): (string | number)[] {
  let place = root;
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => {
      const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(place) ? Number(name) : name;
      place = (place as Record<string | number, unknown>)[key]; // ajv walked here, so there is something to index
      return key;
    });
}

/** The JSON in a stream message from upstream. Throws `upstream-protocol` if it is not JSON or not what the schema says. */
export function parseFrame<T>(data: string, guard: Guard<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw new GatewayError('upstream-protocol', 'A stream message is not JSON', { cause });
  }
  if (guard.accepts(value)) return value;
  throw new GatewayError('upstream-protocol', 'A stream message has an unknown shape', {
    violations: guard.violations(value),
  });
}
