import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { readSchema } from '../dialects/schema.ts';
import type { Filled } from './environment.ts';
import { explain, pathOf } from './explain.ts';
import { replaceAt, showPath } from './path.ts';
import type { Problem } from './problems.ts';
import type { WrittenConfig } from './written.ts';

/** A document after the schema. */
export interface Validated {
  readonly value: unknown;
  /** The same value, if the schema has accepted it. */
  readonly written?: WrittenConfig;
  readonly problems: readonly Problem[];
}

// Not `schemaGuard`: explaining a problem takes the part of the schema that refused, with its description.
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, verbose: true, allowUnionTypes: true });
const validate = ajv.compile<WrittenConfig>(readSchema('config.json'));

/**
 * Holds a document against `schemas/config.json`. A text that came whole from the environment becomes the number, or the true
 * or false, that the schema wants in its place, if it reads as one; nothing else is changed.
 */
export function validateConfig({ value: document, fromEnvironment }: Filled): Validated {
  if (validate(document)) return { value: document, written: document, problems: [] };
  const readable = readFromEnvironment(document, validate.errors ?? [], fromEnvironment);
  if (validate(readable)) return { value: readable, written: readable, problems: [] };
  return { value: readable, problems: (validate.errors ?? []).flatMap((error) => explain(error, readable)) };
}

function readFromEnvironment(document: unknown, errors: readonly ErrorObject[], places: ReadonlySet<string>): unknown {
  let value = document;
  for (const error of errors) {
    const path = pathOf(error, document);
    // What may be a number or one certain word is refused for not being that word.
    if (!['type', 'pattern'].includes(error.keyword) || !places.has(showPath(path))) continue;
    const read = readScalar(String(error.data), [error.parentSchema?.['type']].flat().map(String));
    if (read !== undefined) value = replaceAt(value, path, read);
  }
  return value;
}

function readScalar(text: string, wanted: readonly string[]): number | boolean | undefined {
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  if (isNumber && (wanted.includes('integer') || wanted.includes('number'))) return Number(text);
  if (wanted.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return undefined;
}
