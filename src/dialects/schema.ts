import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Violation } from '../errors/index.ts';
import { boundErrors, measureQuickly } from './bound-errors.ts';

/** The folder of the schemas, beside `src` and beside `dist`. */
export const schemaFolder = new URL('../../schemas/', import.meta.url);

/** How strictly a file is read: to the letter, or `open` to what other servers of the same API may add to it. */
interface Reading {
  readonly ajv: Ajv2020;
  readonly scheme: string;
  readonly read: (file: string) => Record<string, unknown>;
  readonly guards: Map<string, Guard<unknown>>;
}

/** `strictRequired` refuses `required` beside `oneOf`; nothing that edits the value (defaults, coercion) is switched on. */
const options = { strict: true, strictRequired: false, allowUnionTypes: true };

const closedReading: Reading = {
  ajv: new Ajv2020({ ...options, allErrors: true, verbose: true }),
  scheme: 'dragoman:',
  read: readSchema,
  guards: new Map(),
};

/** Every frame of a stream is held against it: it stops at the first thing that is wrong. */
const openReading: Reading = {
  ajv: new Ajv2020(options),
  scheme: 'dragoman-open:',
  read: (file) => openSchema(readSchema(file)),
  guards: new Map(),
};
addFormats.default(closedReading.ajv);
addFormats.default(openReading.ajv);

/** Of a hostile body there could be hundreds of thousands, seconds of work to tell; the first ones are enough. Our choice. */
const maxViolations = 100;
boundErrors(closedReading.ajv, maxViolations);
measureQuickly(closedReading.ajv);
measureQuickly(openReading.ajv);

/** What a schema says about a value. */
export interface Guard<T> {
  accepts(value: unknown): value is T;
  /** What is wrong with the value, of each list and map in it the first hundred things or so; empty if it is accepted. */
  violations(value: unknown): readonly Violation[];
}

/**
 * The compiled schema of a file under `schemas/`, `agent-slug/send-message.request.json`. `T` is the type that mirrors the
 * file. `open` is for what an upstream says: more fields than the file has may come. Throws at start if the file is missing
 * or not a strict 2020-12 schema.
 */
export function schemaGuard<T>(file: string, { open = false }: { readonly open?: boolean } = {}): Guard<T> {
  const reading = open ? openReading : closedReading;
  const known = reading.guards.get(file) ?? compile(file, reading);
  reading.guards.set(file, known);
  return known as Guard<T>; // `T` mirrors the file: the laws hold documented examples against both
}

/** The JSON Schema in a file under `schemas/`. */
export function readSchema(file: string): Record<string, unknown> {
  // Our own files: what is not an object fails in ajv with the file's name.
  return JSON.parse(readFileSync(new URL(file, schemaFolder), 'utf8')) as Record<string, unknown>;
}

/** The schema, taking fields that it does not name, and doing without those that it knows as possibly `null`. */
export function openSchema(schema: Record<string, unknown>): Record<string, unknown> {
  // Our own files: what was an object is one still.
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === 'additionalProperties' && value === false) return undefined;
    return isObjectSchema(value)
      ? { ...value, required: value.required.filter((name) => !isNullable(value, name)) }
      : value;
  }) as Record<string, unknown>;
}

interface ObjectSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, { readonly type?: string | readonly string[] } | undefined>>;
}

function isObjectSchema(value: unknown): value is ObjectSchema {
  return typeof value === 'object' && value !== null && 'properties' in value && 'required' in value;
}

function isNullable({ properties }: ObjectSchema, name: string): boolean {
  const type = properties[name]?.type;
  return Array.isArray(type) && type.includes('null');
}

function compile(file: string, reading: Reading): Guard<unknown> {
  // ajv has it already if another file refers to it, and takes no second one.
  const validate: ValidateFunction =
    reading.ajv.getSchema(`${reading.scheme}/${file}`) ??
    reading.ajv.compile(resolveReferences(reading.read(file), file, reading));
  return {
    accepts: (value): value is unknown => validate(value),
    violations: (value) => (validate(value) ? [] : (validate.errors ?? []).map((error) => toViolation(error, value))),
  };
}

/** Makes other files known to ajv under the address by which this one names them. */
function resolveReferences(schema: Record<string, unknown>, file: string, reading: Reading): Record<string, unknown> {
  const { ajv, scheme, read } = reading;
  const id = `${scheme}/${file}`;
  for (const name of referencedFiles(schema, id)) {
    const address = `${scheme}/${name}`;
    if (ajv.getSchema(address) === undefined)
      ajv.addSchema({ ...resolveReferences(read(name), name, reading), $id: address });
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
