import { afterEach, describe, expect, it } from 'vitest';
import { type OverWire, runOverWire, type WireAnswer, wire, wireClients } from '../support/field-wires.ts';

const { document } = wire;
const text = { 'content-type': 'text/plain' };

let over: OverWire;
afterEach(() => over.close());

const hasRole = (j: any, ...roles: readonly string[]): boolean =>
  j.messages.some(({ role }: any) => roles.includes(role));
const error = (message: string, rest: object = {}) => ({ error: { message, ...rest } });

interface Server {
  /** Whether it takes that request. */
  takes(j: any): boolean;
  readonly refusal: WireAnswer;
  readonly settings?: object;
  readonly rest?: object;
}

const tool = { type: 'function', function: { name: 'f', strict: true } };

const servers: Readonly<Record<string, Server>> = {
  'Mistral: no stream_options': {
    takes: ({ stream_options: options }) => options === undefined,
    refusal: document(422, {
      message: { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] },
    }),
  },
  'Gemini, in a list: no stream_options': {
    takes: ({ stream_options: options }) => options === undefined,
    refusal: document(400, [error('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.')]),
  },
  'axum, in plain words: no stream_options': {
    takes: ({ stream_options: options }) => options === undefined,
    refusal: document(422, 'Failed to deserialize the JSON body: unknown field `stream_options`', text),
  },
  'Bedrock behind a proxy: no stream_options, as a failure of its own': {
    takes: ({ stream_options: options }) => options === undefined,
    refusal: document(500, error('extraneous key [stream_options] is not permitted')),
  },
  'LM Studio: a template without a system': {
    takes: (j) => !hasRole(j, 'system', 'developer'),
    refusal: document(400, {
      error: 'Error rendering prompt with jinja template: "Only user and assistant roles are supported!"',
    }),
    settings: { system: 'You help.' },
  },
  'llama.cpp: a template without a system, as a failure of its own': {
    takes: (j) => !hasRole(j, 'system', 'developer'),
    refusal: document(500, error('System role not supported', { type: 'server_error' })),
    settings: { system: 'You help.' },
  },
  'Gemma: no developer instruction': {
    takes: (j) => !hasRole(j, 'system', 'developer'),
    refusal: document(400, [error('Developer instruction is not enabled for models/gemma-3-27b-it')]),
    settings: { system: 'You help.' },
  },
  'llama.cpp: no stream beside tools, as a failure of its own': {
    takes: ({ stream, tools }) => !stream || tools === undefined,
    refusal: document(500, error('Cannot use tools with stream', { type: 'server_error' })),
    settings: { catalog: 'shop' },
  },
  'DashScope: streams alone': {
    takes: ({ stream }) => stream === true,
    refusal: document(400, error('This model only support stream mode, please enable the stream parameter.')),
  },
  'Qwen: thinks in streams alone': {
    takes: ({ stream }) => stream === true,
    refusal: document(400, error('parameter.enable_thinking must be set to false for non-streaming calls')),
  },
  'OpenAI: fewer tokens than a client wishes': {
    takes: ({ max_tokens: most = 0 }) => most <= 16_384,
    refusal: document(
      400,
      error('max_tokens is too large: 200000. This model supports at most 16384', { param: 'max_tokens' }),
    ),
    rest: { max_tokens: 200_000 },
  },
  'DeepSeek: fewer tokens than a client wishes': {
    takes: ({ max_tokens: most = 0 }) => most <= 8_192,
    refusal: document(400, error('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]')),
    rest: { max_tokens: 200_000 },
  },
  'vLLM: fewer tokens than a client wishes': {
    takes: ({ max_tokens: most = 0 }) => most <= 2_048,
    refusal: document(
      400,
      error("'max_tokens' is too large: 8000. This model's maximum context length is 4096 tokens"),
    ),
    rest: { max_tokens: 8_000 },
  },
  'Mistral: no strict tools': {
    takes: ({ tools }) => tools?.[0].function.strict === undefined,
    refusal: document(422, {
      detail: [{ loc: ['body', 'tools', 0, 'function', 'strict'], msg: 'Extra inputs are not permitted' }],
    }),
    rest: { tools: [tool] },
  },
};

describe('a server with a quirk', () => {
  it.each(Object.entries(servers))('is asked in its own way: %s', async (_name, { takes, refusal, settings, rest }) => {
    over = await runOverWire({
      type: 'openai',
      ...(settings && { settings }),
      answerTo: ({ j }) => (takes(j) ? wire.answer(j, { content: 'Hello!' }) : refusal),
    });
    for (const client of ['openai-stream', 'openai-plain'] as const) {
      const told = await wireClients[client](over.gateway.url, { message: 'Hi', ...(rest && { rest }) });
      expect(told).toMatchObject({ status: 200, text: 'Hello!', failed: false });
    }
  });
});

const hasTold = (j: any): boolean => hasRole(j, 'tool');
const callsIn = (j: any): any[] => j.messages.filter(({ tool_calls: calls }: any) => calls !== undefined);

const rounds: readonly (readonly [from: string, own: object, takes: (call: any) => boolean, refusal: WireAnswer])[] = [
  [
    'DeepSeek: an empty text (felinics/twilight#48)',
    { reasoning_content: '' },
    (call) => call.reasoning_content === '',
    document(400, error('The reasoning_content in the thinking mode must be passed back to the API')),
  ],
  [
    'DeepSeek: no empty text (NousResearch/hermes-agent#17341)',
    { reasoning_content: '' },
    (call) => Boolean(call.reasoning_content),
    document(400, error('The reasoning_content in the thinking mode must be passed back to the API')),
  ],
  [
    'Kimi: what it has not told (agentscope-ai/QwenPaw#433, QuantumNous/new-api#4408)',
    {},
    (call) => call.reasoning_content !== undefined,
    document(400, {
      code: 20_015,
      message: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
    }),
  ],
  [
    'Cerebras: nothing of its own (Kilo-Org/kilocode#10375)',
    { reasoning: 'Hm' },
    (call) => call.reasoning === undefined,
    document(400, {
      message: "messages.2.assistant.reasoning: property 'messages.2.assistant.reasoning' is unsupported",
    }),
  ],
  [
    'Mistral: nothing of its own (BerriAI/litellm#30835)',
    { reasoning_content: 'Hm' },
    (call) => call.reasoning_content === undefined,
    document(422, {
      detail: [
        { loc: ['body', 'messages', 2, 'assistant', 'reasoning_content'], msg: 'Extra inputs are not permitted' },
      ],
    }),
  ],
];

describe('what a server is told again of its own answer', () => {
  it.each(rounds)('is what it takes: %s', async (_from, own, takes, refusal) => {
    const call = { ...own, content: null, tool_calls: [wire.call('a')] };
    over = await runOverWire({
      type: 'openai',
      settings: { catalog: 'shop' },
      answerTo({ j }) {
        if (!hasTold(j)) return wire.answer(j, call, [own, { tool_calls: call.tool_calls }], 'tool_calls');
        return callsIn(j).every(takes) ? wire.answer(j, { content: 'Hello!' }) : refusal;
      },
    });
    for (const client of ['openai-stream', 'openai-plain'] as const) {
      expect(await wireClients[client](over.gateway.url, { message: 'Hi' })).toMatchObject({ text: 'Hello!' });
    }
  });
});
