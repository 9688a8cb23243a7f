import { describe, expect, it } from 'vitest';
import { errorIn, messageOf } from '../../../src/dialects/vendor-error.ts';
import { failureOf, refusalError } from '../../../src/dialects/vendor-failures.ts';

const codeOf = (status: number, error: unknown) => refusalError({ status, headers: {}, error }).code;

describe('a refusal', () => {
  it.each([
    [400, { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } }, 'content-filter'],
    [
      400,
      {
        type: 'invalid_request_error',
        message: 'The response was filtered due to the prompt triggering our content management policy',
      },
      'content-filter',
    ],
    [403, { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'] } }, 'content-filter'],
    [400, { code: 'data_inspection_failed' }, 'content-filter'],
    [400, { type: 'invalid_request_error', code: 'context_length_exceeded' }, 'context-overflow'],
    [400, { code: 400, type: 'exceed_context_size_error', message: 'x' }, 'context-overflow'],
    [
      400,
      { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      'context-overflow',
    ],
    [
      400,
      { message: "This model's maximum context length is 4096 tokens. Please reduce the length of the messages" },
      'context-overflow',
    ],
    [
      400,
      {
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)',
      },
      'context-overflow',
    ],
    [413, undefined, 'context-overflow'],
    [429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'quota'],
    [402, { message: 'Insufficient Balance' }, 'quota'],
    [400, { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API' }, 'quota'],
    [
      429,
      { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota' },
      'upstream-unavailable',
    ],
    [429, { type: 'rate_limit_error' }, 'upstream-unavailable'],
    [400, { code: 'tool_use_failed' }, 'bad-tool-call'],
    [400, { param: 'max_tokens', code: 'unsupported_parameter' }, 'unknown-parameter'],
    [422, { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'x' }] }, 'unknown-parameter'],
    [401, { type: 'authentication_error' }, 'unauthorised-key'],
    [401, undefined, 'unauthorised-key'],
    [403, { type: 'permission_error' }, 'unauthorised-key'],
    [400, { status: 'INVALID_ARGUMENT', message: 'API key not valid. Invalid API key' }, 'unauthorised-key'],
    [403, undefined, 'upstream-rejected'],
    [404, { code: 'model_not_found' }, 'model-missing'],
    [404, { type: 'not_found_error', message: 'model: claude-9 not found' }, 'model-missing'],
    [404, 'model "llama9" not found, try pulling it first', 'model-missing'],
    [404, undefined, 'upstream-rejected'],
    [400, { message: 'No.' }, 'upstream-rejected'],
    [500, { message: 'Oops' }, 'upstream-failed'],
    [529, { type: 'overloaded_error' }, 'upstream-unavailable'],
  ])('with %i and %j is %s', (status, error, code) => {
    expect(codeOf(status, error)).toBe(code);
  });

  it.each([
    [{ code: 400, type: 'exceed_context_size_error' }, 'context-overflow'],
    [{ code: 429, message: 'Slow down' }, 'upstream-unavailable'],
    [{ code: 503 }, 'upstream-unavailable'],
    [{ type: 'overloaded_error' }, 'upstream-unavailable'],
    [{ message: 'out of memory' }, 'upstream-failed'],
    ['out of memory', 'upstream-failed'],
  ])('that came with a good status, %j, is %s', (error, code) => {
    expect(failureOf(error).code).toBe(code);
  });
});

/** Bodies as servers send them, in their own forms: what they say stands in lists, in each other, in texts of JSON, or bare. */
const bodies: Readonly<Record<string, readonly (readonly [from: string, status: number, body: unknown])[]>> = {
  'context-overflow': [
    [
      'Gemini, in a list: bytedance/deer-flow#1515, FuzzAnything/PromptFuzz#42',
      400,
      [{ error: { code: 400, message: 'The input token count exceeds the maximum number of tokens allowed (9).' } }],
    ],
    [
      'xAI, beside a sentence',
      400,
      { code: 'Invalid argument', error: 'The maximum prompt length is 9 but 10 is asked' },
    ],
    ['TGI', 422, { error: '`inputs` tokens + `max_new_tokens` must be <= 4096', error_type: 'validation' }],
    ['TGI', 422, { error: '`inputs` must have less than 4095 tokens. Given: 5000', error_type: 'validation' }],
    ['vLLM', 400, { error: { message: 'max_tokens must be at least 1, got -903.', code: 400 } }],
    ['vLLM', 400, { object: 'error', message: 'The prompt (length 9) is longer than the maximum model length of 4' }],
    ['LM Studio', 400, { error: 'The number of tokens to keep from the initial prompt is too large. Provide less' }],
    [
      'Workers AI',
      400,
      { success: false, errors: [{ code: 5021, message: 'It exceeded this model context window limit' }] },
    ],
    ['LiteLLM', 400, { error: { message: 'litellm.ContextWindowExceededError: x', type: null, code: '400' } }],
    ['DeepInfra', 400, { detail: { error: { message: 'The maximum context length is 4096 tokens.' } } }],
    [
      'OpenRouter, as a text of JSON: iOfficeAI/AionUi#2746',
      400,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"prompt is too long"}}' },
        },
      },
    ],
    ['Moonshot', 400, { error: { message: 'Your request exceeded model token limit: 8192' } }],
    [
      'DashScope',
      400,
      { error: { code: 'invalid_parameter_error', message: 'Range of input length should be [1, 3]' } },
    ],
    ['Zhipu', 400, { error: { code: '1261', message: 'Prompt exceeds max length' } }],
    ['Hugging Face, in a list of sentences', 400, { error: ['Error: too long context length'] }],
    ['Groq', 413, { error: { message: 'Request too large, tokens per minute', code: 'rate_limit_exceeded' } }],
    ['Ollama', 400, 'input length exceeds the maximum context length'],
  ],
  'content-filter': [
    ['DeepSeek', 400, { error: { message: 'Content Exists Risk', type: 'invalid_request_error' } }],
    ['Zhipu', 400, { contentFilter: [{ level: 1 }], error: { code: '1301', message: '可能包含不安全或敏感内容' } }],
    ['xAI', 403, { code: 'No permission', error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK' }],
    ['Cloudflare', 424, { errors: [{ code: 2016, message: 'Prompt blocked due to security configurations' }] }],
    ['LiteLLM', 400, { error: { message: 'litellm.ContentPolicyViolationError: x', code: '400' } }],
    ['MiniMax', 200, { choices: null, base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } }],
    ['Bedrock', 400, { error: { message: 'Violated guardrail policy', code: '400' } }],
  ],
  quota: [
    ['xAI', 403, { code: 'No permission', error: "Your team doesn't have any credits or licenses yet." }],
    ['Moonshot', 429, { error: { message: 'Your account is suspended', type: 'exceeded_current_quota_error' } }],
    ['Zhipu', 429, { error: { code: '1113', message: '余额不足或无可用资源包,请充值。' } }],
    ['OpenRouter', 403, { error: { message: 'Key limit exceeded (monthly limit)', code: 403 } }],
    ['One API', 403, { error: { message: 'x', type: 'new_api_error', code: 'insufficient_user_quota' } }],
    ['MiniMax', 200, { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
    ['LiteLLM', 400, { error: { message: 'Budget has been exceeded! Current cost: 10', type: 'budget_exceeded' } }],
  ],
  'upstream-unavailable': [
    ['Gemini', 429, [{ error: { code: 429, message: 'You exceeded your current quota. Please retry in 20.5s.' } }]],
    ['Cerebras', 429, { message: 'Tokens per minute limit exceeded - too many tokens processed.', param: 'quota' }],
  ],
  'unauthorised-key': [
    [
      'Gemini',
      400,
      [{ error: { code: 400, message: 'x', status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }],
    ],
    ['xAI', 400, { code: 'Invalid argument', error: 'Incorrect API key provided: xa***.' }],
    ['Bedrock', 403, { message: 'The security token included is invalid.', __type: 'UnrecognizedClientException' }],
    ['a proxy, in plain words', 403, 'Forbidden: invalid api key'],
    ['Cloudflare', 403, { success: false, errors: [{ code: 10_000, message: 'Authentication error' }] }],
  ],
  'model-missing': [
    ['DeepSeek', 400, { error: { message: 'Model Not Exist', type: 'invalid_request_error' } }],
    ['Groq', 400, { error: { message: 'The model has been decommissioned', code: 'model_decommissioned' } }],
    ['Gemini', 404, [{ error: { code: 404, message: 'models/x is not found for API version v1main' } }]],
    ['Anthropic', 404, { type: 'error', error: { type: 'not_found_error', message: 'model: claude-9' } }],
    ['OpenRouter', 400, { error: { message: 'x is not a valid model ID', code: 400 } }],
    ['Bedrock', 400, { message: 'The provided model identifier is invalid.' }],
    ['Zhipu', 400, { error: { code: '1211', message: '模型不存在，请检查模型代码。' } }],
  ],
  'bad-tool-call': [
    ['Cerebras', 400, { message: 'Failed to generate tool call', code: 'tool_call_generation_failed' }],
    ['SambaNova', 400, { error: { message: 'Model did not output valid tool call', type: 'Error' } }],
    ['Gemini, as a reason to end', 200, { error: { type: 'function_call_filter: UNEXPECTED_TOOL_CALL' } }],
  ],
  'unknown-parameter': [
    [
      'Mistral, an object for a message: BerriAI/litellm#30835',
      422,
      { object: 'error', message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'x'], msg: 'Extra inputs' }] } },
    ],
    [
      'Mistral, a list for a message: partITech/php-mistral#76',
      422,
      { message: [{ type: 'extra_forbidden', msg: 'x' }] },
    ],
    ['axum, in plain words', 422, 'Failed to deserialize the JSON body: unknown field `x`, expected `messages`'],
    ['Gemini', 400, [{ error: { code: 400, message: 'Unknown name "x": Cannot find field.' } }]],
  ],
};

describe('a body of a refusal', () => {
  it.each(Object.entries(bodies).flatMap(([code, rows]) => rows.map((row) => [code, ...row] as const)))(
    'is %s: %s, with %i and %j',
    (code, _from, status, body) => {
      const error = errorIn(body) ?? body;
      expect((status === 200 ? failureOf(error) : refusalError({ status, headers: {}, error })).code).toBe(code);
    },
  );

  it.each([
    {},
    { error: {} },
    { error: { code: null, message: '', type: '' } },
    { error: { code: 0, message: 'success' } },
    { error: '', errors: [], success: true },
    { base_resp: { status_code: 0, status_msg: '' } },
    { base_resp: { status_code: 0, status_msg: 'success' } },
  ])('is none: %j', (body) => {
    expect(errorIn({ ...body, choices: [] })).toBeUndefined();
  });

  it('is read with the place that it is about, and without what it quotes', () => {
    const detail = [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted', input: 'a secret' }];
    expect(messageOf({ detail })).toBe('body.stream_options Extra inputs are not permitted');
    expect(messageOf({ message: 'x', failed_generation: 'a secret', flagged_input: 'a secret' })).toBe('x');
  });

  it('is read as deep as errors go, and no deeper', () => {
    let nested: unknown = { message: 'the end' };
    for (let depth = 0; depth < 100_000; depth += 1) nested = { error: nested };
    expect(messageOf(nested)).toBe('');
  });
});
