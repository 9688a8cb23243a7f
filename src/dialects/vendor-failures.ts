import { type ErrorCode, GatewayError } from '../errors/index.ts';
import type { WireResponse } from './dialect.ts';
import { codeOfStatus, decodeUpstreamStatus } from './upstream-status.ts';
import { messageOf, namesOf } from './vendor-error.ts';

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
  readonly words: RegExp;
  /** The statuses with which the words are believed. */
  readonly statuses: readonly number[];
}

/** What is wrong with a request, as servers tell it: some have one status for all that fails. */
const ofRequest = [400, 403, 404, 406, 409, 412, 413, 422, 424, 451, 500, 501];

const anyOf = (...expressions: readonly RegExp[]): RegExp =>
  new RegExp(expressions.map(({ source }) => source).join('|'), 'i');

/** How a refusal is told from others, the first that fits. Sources: the vendors' pages of errors, and what their servers answer. */
const classes: readonly Signs[] = [
  {
    code: 'bad-tool-call',
    names: anyOf(
      /^(?:tool_use_failed|tool_call_parse_error|invalid_tool_call\w*|tool_call_generation_failed)$/,
      /(?:^|: ?)(?:malformed_function_call|unexpected_tool_call)$/,
    ),
    words: anyOf(
      /failed to (?:call a function|parse tool call|generate (?:a )?tool call)|(?:could not|error) pars(?:e|ing) (?:the )?tool/,
      /tool call validation failed|(?:did not output|not) (?:a )?valid tool call/,
    ),
    statuses: [400, 422, 500],
  },
  {
    code: 'content-filter',
    names: anyOf(
      /content[_-]?(?:filter|policy|blocked|moderation)|responsibleai|data_?inspection|moderation|guardrail/,
      /^(?:safety|sensitive|prompt_blocked|invalid_prompt|prohibited_content)/,
    ),
    words: anyOf(
      /content ?(?:filter|management policy|policy)|safety (?:system|filter|policy|check)|\bflagged\b|moderation|prohibited content/,
      /content exists risk|inappropriate content|unsafe content|(?:usage|guardrail) (?:policy|guidelines)|guardrails?\b|new_sensitive/,
      /blocked due to security|considered high risk|敏感|不安全|违规/,
    ),
    statuses: ofRequest,
  },
  {
    code: 'context-overflow',
    names: anyOf(
      /context[_-]?(?:length|size|window)|exceed_context|request_too_large|input_too_long|prompt_too_long|tokens_limit_reached/,
      /max_prompt_tokens|string_above_max_length/,
    ),
    words: anyOf(
      /context ?(?:length|window|size|limit)|maximum (?:context|prompt|model) length|too long context|when context the/,
      /(?:prompt|input|request|conversation)(?: length)? (?:is|was) too (?:long|large)|too many (?:input |prompt )?tokens/,
      /input tokens? (?:count )?.{0,60}exceed|prompt token count .{0,20}exceed|exceed(?:s|ed)? .{0,60}(?:context|token limit|maximum number of (?:input )?tokens)/,
      /(?:reduce|shorten) (?:the |your )?(?:length|prompt|input|messages?)|prompt exceeds|range of input length|longer than the (?:maximum )?model/,
      /`?inputs`? (?:tokens|must have less)|number of tokens to keep|max_tokens must be at least 1, got -|超.{0,8}(?:长度|上下文)/,
    ),
    statuses: ofRequest,
  },
  {
    code: 'quota',
    names: anyOf(
      /insufficient[_-]?\w*(?:quota|balance|credits?|funds)|billing|payment_required|credit_?(?:balance|limit)|arrearage/,
      /quota_exhausted|exceeded_current_quota|token_quota_failed|budget_exceeded|account_suspended|blocked_api_access/,
    ),
    words: anyOf(
      /insufficient (?:quota|balance|credits?|funds)|credit balance is too low|exceeded your (?:monthly|spending|billing)|out of credits/,
      /payment required|(?:any|available|more) credits|spend(?:ing)? limit|key limit exceeded|budget has been exceeded/,
      /account .{0,80}(?:suspended|overdue)|\btrial key\b|余额|欠费|额度不足/,
    ),
    statuses: [400, 402, 403, 412, 429, 500],
  },
  {
    code: 'unauthorised-key',
    names: anyOf(
      /^(?:authentication_error|invalid_authentication|permission_error|permission_denied|unauthenticated|unauthorized)$/,
      /^(?:(?:invalid|wrong|incorrect)_api_key|api_key_(?:invalid|expired|service_blocked)|account_deactivated|unrecognizedclientexception|expiredtoken(?:exception)?)$/,
    ),
    words: anyOf(
      /(?:incorrect|invalid|expired|missing|no|wrong) (?:api[ -]?key|(?:access|bearer|auth\w*|security|api) token|credentials)/,
      /api[ -]?key\b.{0,40}(?:not valid|invalid|expired|incorrect|leaked|revoked|disabled)|(?:bearer|access|security) token .{0,20}(?:expired|invalid)/,
      /authentication (?:error|failed)/,
    ),
    statuses: [400, 401, 403],
  },
  {
    code: 'model-missing',
    names:
      /^(?:model_?not_?found(?:exception)?|deploymentnotfound|model_not_supported|invalid_model|model_not_available|model_decommissioned|no_such_model)$/i,
    words: anyOf(
      /\bmodels?\b.{0,120}(?:not found|(?:does )?not exist|is not available|unknown|not supported|no longer|decommissioned|try pulling)/,
      /(?:no such|unknown|unsupported|invalid) model\b|no endpoints found|deployment .{0,80}does not exist|not found the model/,
      /not a valid model|model identifier is invalid|no models? loaded|^model: \S+$|模型.{0,20}(?:不存在|无可用)/,
    ),
    statuses: [400, 404, 422, 500],
  },
  {
    code: 'unknown-parameter',
    names:
      /^(?:unsupported_parameter|unknown_parameter|unsupported_value|extra_forbidden|unrecognized_parameter|unknown_field)$/i,
    words: anyOf(
      /unsupported (?:parameter|value)|(?:unknown|unrecognized|unexpected) (?:request )?(?:parameter|field|name|argument|variant)/,
      /extra (?:inputs|fields)|(?:is|are) (?:not supported|unsupported)|does not support|not a valid field|extraneous key/,
    ),
    statuses: [400, 422, 501],
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
      names.some((name) => known.test(name)) || (statuses.includes(status) && words.test(message)),
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
