import { describe, expect, it } from 'vitest';
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
    [403, { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'] } }, 'upstream-rejected'],
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
