import type { Violation } from '../../errors/index.ts';
import { refuseLimit } from './limit.ts';
import type { Refusal } from './wire.ts';

type Says = Pick<Refusal, 'type' | 'msg' | 'ctx'>;
type Path = Violation['path'];

const missing: Says = { type: 'missing', msg: 'Field required' };

/** By the first JSON Schema type that was expected. Source: pydantic 2.13, as FastAPI asks it. */
const wrongTypes: Readonly<Record<string, Says>> = {
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  string: { type: 'string_type', msg: 'Input should be a valid string' },
};

const characters = (count: number) => `${count} character${count === 1 ? '' : 's'}`;

/** By the JSON Schema keyword. Source: pydantic 2.13. */
const rules: Readonly<Record<string, (violation: Violation) => Says | undefined>> = {
  required: () => missing,
  type: ({ params }) => wrongTypes[String([params['type']].flat()[0])],
  minLength({ params }) {
    const min = Number(params['limit']);
    return {
      type: 'string_too_short',
      msg: `String should have at least ${characters(min)}`,
      ctx: { min_length: min },
    };
  },
  maxLength({ params }) {
    const max = Number(params['limit']);
    return { type: 'string_too_long', msg: `String should have at most ${characters(max)}`, ctx: { max_length: max } };
  },
  pattern({ params, value }) {
    const pattern = String(params['pattern']);
    return /\p{Surrogate}/u.test(String(value))
      ? { type: 'string_unicode', msg: 'Input should be a valid string, unable to parse raw data as a unicode string' }
      : { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
  },
};

/** Fields whose refusal follows from the value alone, whichever keywords refused it. */
const byValue: Readonly<Record<string, (value: unknown) => Says | undefined>> = { limit: refuseLimit };

function sayOf(violation: Violation): Says {
  const field = violation.path.length === 2 ? String(violation.path[1]) : '';
  const says = byValue[field]?.(violation.value) ?? rules[violation.rule]?.(violation);
  return says ?? { type: 'value_error', msg: `Value error, ${violation.message}`, ctx: { error: {} } };
}

/** To FastAPI a body that is absent and a body that is null are one thing. */
function isNoBody({ path, rule, value }: Violation): boolean {
  return path.length === 1 && (rule === 'required' || value === null);
}

function refuse(violation: Violation): Refusal {
  const absent = isNoBody(violation);
  const { type, msg, ctx } = absent ? missing : sayOf(violation);
  return { type, loc: violation.path, msg, input: absent ? null : violation.value, ...(ctx && { ctx }) };
}

/** The models' fields in the order in which they are declared, and so refused. Source: the seed's tables. */
const declared = [
  'message',
  'conversation_id',
  'session_id',
  'user_id',
  'events',
  'limit',
  'timestamp',
  'type',
  'item_id',
  'description',
];

const rank = (segment: string | number) => (typeof segment === 'number' ? segment : declared.indexOf(segment));

function compare(left: Path, right: Path): number {
  for (const [index, segment] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = rank(segment) - rank(other);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Every refusal echoes its input, and there can be one for every two bytes of a body: this many are told. Our choice. */
const maxRefusals = 100;

/** What FastAPI answers with pydantic 2 behind it: one entry a refused place, in the order of the fields, without `url`. */
export function describeRefusals(violations: readonly Violation[]): Refusal[] {
  const places = new Map<string, Violation>();
  for (const violation of violations) {
    const place = JSON.stringify(violation.path);
    if (!places.has(place)) places.set(place, violation);
  }
  return [...places.values()]
    .sort((left, right) => compare(left.path, right.path))
    .slice(0, maxRefusals)
    .map(refuse);
}
