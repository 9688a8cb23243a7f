/** A call of a tool, as a model makes it. */
export interface VendorCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, or what a model takes for it. */
  readonly arguments: string;
}

/** What the stand-in for a vendor says, in that vendor's frames. */
export interface VendorReplies {
  /** Where the vendor is asked. */
  readonly path: string;
  /** The whole document of a plain answer. */
  whole(text: string, calls?: readonly VendorCall[]): unknown;
  /** What stands before the first word of a stream. */
  opening: string;
  delta(text: string): string;
  /** Calls, and the end of the stream. */
  calls(calls: readonly VendorCall[]): string;
  /** Usage and end mark. */
  closing: string;
  /** An error in the middle of a stream. */
  failure(type: string): string;
  /** The calls' results in the request that follows. */
  results(request: any): readonly { readonly id: string; readonly content: string }[];
}

const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

const chunk = (delta: object, finish: string | null = null): string =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-test-0613',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

const counted = `${data({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'gpt-test-0613',
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
})}data: [DONE]\n\n`;

const openaiCalls = (calls: readonly VendorCall[]) =>
  calls.map(({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } }));

const openai: VendorReplies = {
  path: '/v1/chat/completions',
  whole: (text, calls = []) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-test-0613',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text || null,
          ...(calls.length > 0 && { tool_calls: openaiCalls(calls) }),
        },
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
    usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
  }),
  opening: chunk({ role: 'assistant', content: '' }),
  delta: (text) => chunk({ content: text }),
  calls: (calls) =>
    calls
      .map(({ id, name, arguments: text }, index) => {
        const half = Math.ceil(text.length / 2);
        return (
          chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: text.slice(0, half) } }] }) +
          chunk({ tool_calls: [{ index, function: { arguments: text.slice(half) } }] })
        );
      })
      .join('') +
    chunk({}, 'tool_calls') +
    counted,
  closing: chunk({}, 'stop') + counted,
  failure: (type) => data({ error: { message: 'The secret of the vendor', type, code: null, param: null } }),
  results: ({ messages }) =>
    messages.filter(({ role }: any) => role === 'tool').map(({ tool_call_id: id, content }: any) => ({ id, content })),
};

const event = (json: { readonly type: string } & Readonly<Record<string, unknown>>): string =>
  `event: ${json.type}\n${data(json)}`;

const block = (index: number, start: object, deltas: readonly object[]): string =>
  event({ type: 'content_block_start', index, content_block: start }) +
  deltas.map((delta) => event({ type: 'content_block_delta', index, delta })).join('') +
  event({ type: 'content_block_stop', index });

const ending = (reason: string): string =>
  event({
    type: 'message_delta',
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: 5 },
  }) + event({ type: 'message_stop' });

const anthropic: VendorReplies = {
  path: '/v1/messages',
  whole: (text, calls = []) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test-1',
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map(({ id, name, arguments: json }) => ({ type: 'tool_use', id, name, input: JSON.parse(json) })),
    ],
    stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 5 },
  }),
  opening:
    event({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-test-1',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 7, output_tokens: 1 },
      },
    }) +
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
    event({ type: 'ping' }),
  delta: (text) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  calls: (calls) =>
    calls
      .map(({ id, name, arguments: text }, place) =>
        block(
          place + 1,
          { type: 'tool_use', id, name, input: {} },
          [text.slice(0, 3), text.slice(3)].map((part) => ({ type: 'input_json_delta', partial_json: part })),
        ),
      )
      .join('') + ending('tool_use'),
  closing: event({ type: 'content_block_stop', index: 0 }) + ending('end_turn'),
  failure: (type) => event({ type: 'error', error: { type, message: 'The secret of the vendor' } }),
  results: ({ messages }) =>
    messages
      .flatMap(({ content }: any) => content)
      .filter(({ type }: any) => type === 'tool_result')
      .map(({ tool_use_id: id, content }: any) => ({ id, content })),
};

/** What each vendor says to the same question. */
export const vendorReplies = { openai, anthropic };
