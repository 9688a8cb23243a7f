import type { Violation } from '../../errors/index.ts';
import type { ErrorDescription } from './wire.ts';

interface Sentence {
  readonly code: string;
  /** Follows the parameter's name. */
  say(violation: Violation): string;
}

/** The vendor's sentences and codes, by the rule that was broken. */
const sentences: Readonly<Record<string, Sentence>> = {
  type: {
    code: 'invalid_type',
    say: ({ params, value }) =>
      `: expected ${[params['type']].flat().map(named).join(' or ')}, but got ${kindOf(value)}`,
  },
  enum: { code: 'invalid_value', say: ({ params }) => supported([params['allowedValues']].flat()) },
  const: { code: 'invalid_value', say: ({ params }) => supported([params['allowedValue']]) },
  maximum: {
    code: 'integer_above_max_value',
    say: ({ params }) => `: integer above maximum value. Expected a value <= ${String(params['limit'])}`,
  },
  minimum: {
    code: 'integer_below_min_value',
    say: ({ params }) => `: integer below minimum value. Expected a value >= ${String(params['limit'])}`,
  },
  minItems: { code: 'empty_array', say: () => ': empty array. Expected an array with at least one entry' },
  minLength: { code: 'empty_string', say: () => ': empty string. Expected a string with minimum length 1' },
  maxLength: {
    code: 'string_above_max_length',
    say: ({ params }) => `: string too long. Expected a string with maximum length ${String(params['limit'])}`,
  },
  image: { code: 'invalid_image_url', say: ({ message }) => `: ${message}` },
  pattern: { code: 'invalid_value', say: () => ': not in the form that is expected' },
};

/** Those that do not begin with the parameter's name. */
const wholeSentences: Readonly<Record<string, Omit<Sentence, 'code'> & { readonly code: string | null }>> = {
  'unknown-call': {
    code: null,
    say: ({ params }) => `No tool call found for function call output with call_id ${String(params['callId'])}.`,
  },
  'no-result': {
    code: null,
    say: ({ params }) => `No tool output found for function call ${String(params['callId'])}.`,
  },
  'two-pasts': {
    code: 'mutually_exclusive_parameters',
    say: () =>
      "Mutually exclusive parameters: ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
  },
};

const supported = (values: readonly unknown[]): string =>
  `: value not supported. Supported values are: ${values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(', ')}`;

const named = (type: unknown): string =>
  type === 'null' ? 'null' : `${/^[aio]/.test(String(type)) ? 'an' : 'a'} ${String(type)}`;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return named(Array.isArray(value) ? 'array' : typeof value);
}

/** What a refused request got wrong first. Source: vendor, for sentences and codes. */
export function describeViolation(violations: readonly Violation[]): Omit<ErrorDescription, 'type'> | undefined {
  // That the branch of a condition did not fit is said by what is wrong in the branch.
  const violation = violations.find(({ rule }) => rule !== 'if') ?? violations[0];
  if (violation === undefined) return undefined;
  const param = nameOf(violation.path);
  if (param === '') return { message: 'The request body must be a JSON object', param: null, code: null };
  if (violation.rule === 'required') return describeMissing(param);
  const whole = wholeSentences[violation.rule];
  if (whole !== undefined) return { message: whole.say(violation), param, code: whole.code };
  const { code, say } = sentences[violation.rule] ?? { code: 'invalid_value', say: () => ` ${violation.message}` };
  return { message: `Invalid value for '${param}'${say(violation)}.`, param, code };
}

function describeMissing(param: string): Omit<ErrorDescription, 'type'> {
  if (param === 'model') return { message: 'you must provide a model parameter', param: null, code: null };
  return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
}

/** `messages[0].content`; empty for the body as a whole. */
const nameOf = ([, ...path]: Violation['path']): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
