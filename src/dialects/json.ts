import { parseUpstreamJson } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';

/** Fields of which nothing is known yet but their names. */
export type Fields<Name extends string> = Readonly<Partial<Record<Name, unknown>>>;

/** A JSON value's fields, to be looked at one by one: servers that speak like the vendor leave out and add what they like. */
export function fieldsOf<Name extends string = string>(value: unknown): Fields<Name> {
  // True of any object: no field is promised, nor a type of any.
  return (typeof value === 'object' && value !== null ? value : {}) as Fields<Name>;
}

/** The fields of a JSON text. Throws `upstream-protocol` if it is no JSON object, or too much; never shows what stands in it. */
export function parseFields<Name extends string>(text: string): Fields<Name> {
  const value = parseUpstreamJson(text, 'A message');
  if (typeof value === 'object' && value !== null) return fieldsOf<Name>(value);
  throw new GatewayError('upstream-protocol', `A message of ${text.length} characters is no JSON object`);
}

/** A JSON text's value; `undefined` if it is not JSON, or too much. */
export function parseJson(text: string): unknown {
  try {
    return parseUpstreamJson(text, 'The text');
  } catch {
    return undefined;
  }
}

/** The value if it is text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value if it is a number. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The entries of a list; none of what is no list. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
