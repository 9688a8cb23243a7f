import type fc from 'fast-check';
import type { OperationName } from '../../src/canonical/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { documentedExchange } from '../support/golden.ts';
import { operationsOf } from '../support/operation-arbitraries.ts';
import { throughJson } from '../support/wire.ts';
import { type Narrowing, narrowings, wholeSeconds } from './narrowings.ts';
import { baseOf, surfacesOf } from './surface.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One direction of an endpoint: how a value goes over the wire and comes back, and which of its fields do. */
export interface Passage {
  readonly name: string;
  /** The endpoint's. */
  readonly base: string;
  readonly dialect: Dialect;
  readonly operation: OperationName;
  readonly schema: string;
  readonly values: fc.Arbitrary<unknown>;
  /** Of `carries`, what is about this direction. */
  readonly carried: readonly string[];
  readonly prefix: '' | 'output.';
  /** The part of the wire value that the schema describes. */
  described(wire: unknown): unknown;
  encode(value: unknown): unknown;
  decode(wire: unknown): unknown;
}

/** Every request and every answer of a dialect. */
export function passagesOf(dialect: Dialect): readonly Passage[] {
  return surfacesOf(dialect).flatMap((surface) => {
    const { request, response, schema, carries, operation } = surface;
    const exchange = documentedExchange(dialect);
    const values = operationsOf(dialect, exchange)[operation];
    if (values === undefined) throw new Error(`test/support/operation-arbitraries.ts has nothing for ${operation}`);
    const passage = { dialect, operation, base: baseOf(surface) };
    const inward: Passage = {
      ...passage,
      name: `a request of ${baseOf(surface)}`,
      schema: schema.request,
      values: values.input,
      carried: carries.filter((field) => !isOfOutput(field)),
      prefix: '',
      described: (wire) => wire,
      encode: (value) => request.encode(value, exchange),
      decode: (wire) => request.decode(wire as Parameters<typeof request.decode>[0], exchange), // what `encode` made
    };
    if (response === undefined || schema.response === undefined) return [inward];
    const outward: Passage = {
      ...passage,
      name: `an answer of ${baseOf(surface)}`,
      schema: schema.response,
      values: values.output,
      carried: carries.filter(isOfOutput),
      prefix: 'output.',
      described: (wire) => asFields(wire)['body'],
      encode: (value) => response.encode(value, exchange),
      decode: (wire) => response.decode(wire as Parameters<typeof response.decode>[0], exchange), // what `encode` made
    };
    return [inward, outward];
  });
}

const isOfOutput = (field: string) => /^(output|item)\./.test(field);

/** The value as it comes back from the wire. */
export function travel(passage: Passage, value: unknown): unknown {
  return passage.decode(throughJson(passage.encode(value)));
}

/** What must come back of a value: its carried fields, narrowed, with times in one spelling. */
export function expectedOf(passage: Passage, value: unknown, known: readonly Narrowing[] = narrowings): Fields {
  return carriedOf(passage, value, known);
}

/** What did come back, to be held against `expectedOf`. */
export function returnedOf(passage: Passage, value: unknown, known: readonly Narrowing[] = narrowings): Fields {
  return carriedOf(
    passage,
    value,
    known.filter(({ madeUp }) => madeUp === 'left-out'),
  );
}

function carriedOf(passage: Passage, value: unknown, known: readonly Narrowing[]): Fields {
  const items = passage.carried.filter((field) => field.startsWith('item.'));
  const keep = (field: string, content: unknown) => {
    const narrowing = known.find((one) => applies(one, passage, field));
    return narrowing === undefined ? content : narrowing.keep(content);
  };
  const pick = (source: unknown, fields: readonly string[], prefix: string): Fields =>
    Object.fromEntries(fields.map((field) => [field, keep(field, asFields(source)[field.slice(prefix.length)])]));
  const fields = pick(
    value,
    passage.carried.filter((field) => !items.includes(field)),
    passage.prefix,
  );
  const list = fields['output.items'];
  const whole = Array.isArray(list)
    ? { ...fields, 'output.items': list.map((item) => pick(item, items, 'item.')) }
    : fields;
  return sameTimes(whole, wholeSeconds.has(passage.dialect.name)) as Fields; // an object stays one
}

/** Whether a narrowing is about this field of this passage. */
export function applies(
  { dialect, operation, base, field: narrowed }: Narrowing,
  passage: Passage,
  field: string,
): boolean {
  const here = passage.dialect.name === dialect && (operation ?? passage.operation) === passage.operation;
  return here && (base ?? passage.base) === passage.base && narrowed === field;
}

/** A value's fields. Every input and output but a feed is an object. */
export function asFields(value: unknown): Fields {
  return value as Fields;
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function sameTimes(value: unknown, seconds: boolean): unknown {
  if (typeof value === 'string') return time.test(value) ? spell(value, seconds) : value;
  if (Array.isArray(value)) return value.map((entry) => sameTimes(entry, seconds));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, sameTimes(field, seconds)]));
}

function spell(text: string, seconds: boolean): string {
  const instant = Date.parse(text);
  return new Date(seconds ? Math.floor(instant / 1000) * 1000 : instant).toISOString();
}
