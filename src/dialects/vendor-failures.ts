import { type ErrorCode, GatewayError } from '../errors/index.ts';
import type { WireResponse } from './dialect.ts';
import { fieldsOf, listIn, textIn } from './json.ts';
import { codeOfStatus, decodeUpstreamStatus } from './upstream-status.ts';

/** The statuses that vendors answer with what they call so. Sources: the vendors' pages of errors. */
const statusOf: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  requests: 429,
  tokens: 429,
  timeout_error: 504,
  overloaded_error: 529,
  server_overloaded: 503,
};

interface Signs {
  readonly code: ErrorCode;
  /** What vendors and servers call it: codes, types and statuses of theirs, one of them being enough. */
  readonly names: RegExp;
  /** What they say where they have no name for it. */
  readonly words?: RegExp;
  /** The statuses with which the words are believed. */
  readonly statuses: readonly number[];
}

/** How a refusal is told from others, the first that fits. Sources: the vendors' pages of errors, and what their servers answer. */
const classes: readonly Signs[] = [
  {
    code: 'bad-tool-call',
    names:
      /^(?:tool_use_failed|tool_call_parse_error|invalid_tool_call|malformed_function_call|.*: ?malformed_function_call)$/i,
    words: /failed to (?:call a function|parse tool call)|could not parse (?:the )?tool|tool call validation failed/i,
    statuses: [400, 422, 500],
  },
  {
    code: 'content-filter',
    names:
      /content[_-]?(?:filter|policy|blocked|moderation)|responsibleai|data_?inspection|moderation|^(?:safety|sensitive|prompt_blocked|invalid_prompt|prohibited_content)/i,
    words:
      /content (?:filter|management policy|policy)|safety (?:system|filter|policy)|flagged (?:by|as|for)|moderation|prohibited content/i,
    statuses: [400, 403, 422, 451],
  },
  {
    code: 'context-overflow',
    names:
      /context[_-]?(?:length|size|window)|exceed_context|request_too_large|input_too_long|prompt_too_long|max_prompt_tokens|string_above_max_length/i,
    words:
      /context (?:length|window|size)|maximum (?:context|prompt)|(?:prompt|input|request|conversation)(?: length)? (?:is|was) too (?:long|large)|too many (?:input |prompt )?tokens|input tokens? (?:count )?.{0,60}exceed|reduce the length|exceeds? .{0,60}(?:context|token limit|maximum number of (?:input )?tokens)/i,
    statuses: [400, 413, 422, 500],
  },
  {
    code: 'quota',
    names:
      /insufficient[_-]?(?:quota|balance|credits?|funds)|billing|payment_required|credit_?(?:balance|limit)|arrearage|quota_exhausted/i,
    words:
      /insufficient (?:quota|balance|credits?|funds)|credit balance is too low|exceeded your (?:monthly|spending|billing)|out of credits|payment required/i,
    statuses: [400, 402, 403, 429],
  },
  {
    code: 'unauthorised-key',
    names:
      /^(?:authentication_error|invalid_api_key|invalid_authentication|permission_error|permission_denied|unauthenticated|account_deactivated|unauthorized)$/i,
    words: /(?:incorrect|invalid|expired|missing|no) api[ -]?key/i,
    statuses: [400, 401, 403],
  },
  {
    code: 'model-missing',
    names:
      /^(?:model_not_found|deploymentnotfound|model_not_supported|invalid_model|model_not_available|no_such_model)$/i,
    words:
      /\bmodel\b.{0,120}(?:not found|does not exist|is not available|unknown|not supported|try pulling)|(?:no such|unknown|unsupported|invalid) model\b|no endpoints found|deployment .{0,80}does not exist/i,
    statuses: [400, 404, 422],
  },
  {
    code: 'unknown-parameter',
    names:
      /^(?:unsupported_parameter|unknown_parameter|unsupported_value|extra_forbidden|unrecognized_parameter|unknown_field)$/i,
    words:
      /unsupported (?:parameter|value)|(?:unknown|unrecognized|unexpected) (?:request )?(?:parameter|field|name|argument)|extra (?:inputs|fields) are not permitted|unknown field|(?:is|are) not supported|does not support/i,
    statuses: [400, 422],
  },
];

/** The statuses that tell it by themselves. */
const ofStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorised-key',
  402: 'quota',
  413: 'context-overflow',
};

/** A refusal as a vendor tells it. */
export interface Refusal {
  readonly status: number;
  readonly headers: WireResponse['headers'];
  /** The error that the answer brings, in whatever form; `undefined` if it brings none. */
  readonly error: unknown;
}

/** Our error for a refusal: its class, in our words, with the vendor's name for it. `said` is what an operator may read of its words. */
export function refusalError({ status, headers, error }: Refusal, said = ''): GatewayError {
  const names = namesOf(error);
  const message = messageOf(error);
  const found = classes.find(
    ({ names: known, words, statuses }) =>
      names.some((name) => known.test(name)) || (statuses.includes(status) && words?.test(message) === true),
  );
  // A plain limit by the minute may be called by a word for quotas; one that says when to come back is no end of anything.
  const code = found?.code ?? ofStatus[status] ?? codeOfStatus(status);
  const plain = decodeUpstreamStatus({ status, headers, body: undefined }, names.at(-1));
  const { retryAfterMs } = plain.details;
  const text = `${plain.message}${said === '' ? '' : ` (it says: ${said})`}`;
  return new GatewayError(code, text, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Our code for an error by the vendor's name for it alone, whatever its words; `undefined` if it has none. A sentence is no name. */
export function codeNamed(error: unknown): ErrorCode | undefined {
  const names = namesOf(error).filter((name) => !/\s/.test(name));
  return classes.find(({ names: known }) => names.some((name) => known.test(name)))?.code;
}

/** Our error for one that came with status 200: in a stream, or as the whole document. */
export function failureOf(error: unknown): GatewayError {
  const names = namesOf(error);
  const codes = names.map(Number).filter((code) => code >= 400 && code < 600);
  const status = codes[0] ?? names.map((name) => statusOf[name]).find((known) => known !== undefined) ?? 500;
  return refusalError({ status, headers: {}, error });
}

/** The error that a document brings, if it brings one. Some servers put it into the document itself, or leave an empty one beside an answer. */
export function errorIn(document: unknown): unknown {
  const { error, object } = fieldsOf<'error' | 'object'>(document);
  if (object === 'error') return document;
  return isSaid(error) ? error : undefined;
}

/** Whether there is anything in it. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isSaid);
  return value !== undefined && value !== null && value !== '' && value !== false && value !== 0;
}

type ErrorField = 'type' | 'code' | 'status' | 'innererror' | 'error' | 'metadata' | 'message' | 'detail' | 'msg';

/** The vendor's names for an error, the most exact last. */
export function namesOf(error: unknown): readonly string[] {
  const { type, code, status, innererror, error: inner, detail } = fieldsOf<ErrorField>(error);
  const inside = listIn(detail).map((each) => fieldsOf<'type'>(each).type);
  const names = [
    type,
    status,
    ...inside,
    code,
    fieldsOf<'code'>(innererror).code,
    typeof inner === 'string' ? inner : undefined,
  ];
  return names.flatMap((name) => (typeof name === 'number' ? [String(name)] : (textIn(name) ?? [])));
}

/** What a vendor says of an error, wherever it says it. */
export function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, detail, msg, error: inner, metadata } = fieldsOf<ErrorField>(error);
  const said = [message, msg, typeof detail === 'string' ? detail : undefined, fieldsOf<'raw'>(metadata).raw, inner];
  const details = listIn(detail).map((each) => {
    const { loc, msg: words } = fieldsOf<'loc' | 'msg'>(each);
    return `${listIn(loc).join('.')} ${textIn(words) ?? ''}`;
  });
  return [...said.flatMap((each) => textIn(each) ?? []), ...details].join('; ').slice(0, 4_000);
}
