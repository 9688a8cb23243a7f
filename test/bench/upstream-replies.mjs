/** What every frame of a reply says, and nothing else in any dialect does: counted by who asked. */
export const word = 'zebra';

const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const head = (fields) => `HTTP/1.1 200 OK\r\n${fields}\r\ncache-control: no-cache\r\nrequest-id: req_bench\r\n`;
const eventHead = `${head('content-type: text/event-stream; charset=utf-8')}transfer-encoding: chunked\r\n\r\n`;

function whole(document) {
  const body = JSON.stringify(document);
  return Buffer.from(`${head('content-type: application/json')}content-length: ${body.length}\r\n\r\n${body}`);
}

/** The writes of one stream. Every frame is an HTTP chunk of its own, as LLM servers send them; `perWrite` of them come at once. */
function stream({ opening, delta, closing }, { frames, perWrite }) {
  const piece = chunk(delta);
  const writes = [];
  for (let sent = 0; sent < frames; sent += perWrite) writes.push(piece.repeat(Math.min(perWrite, frames - sent)));
  return [eventHead + opening.map(chunk).join(''), ...writes, `${closing.map(chunk).join('')}0\r\n\r\n`].map((text) =>
    Buffer.from(text),
  );
}

const named = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const unnamed = (document) => `data: ${JSON.stringify(document)}\n\n`;

function anthropic(scenario) {
  const text = ` ${word}`.repeat(scenario.frames);
  const usage = { input_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'fake', stop_sequence: null };
  const block = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ` ${word}` } };
  return {
    whole: whole({
      ...message,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { ...usage, output_tokens: scenario.frames },
    }),
    stream: stream(
      {
        opening: [
          {
            type: 'message_start',
            message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
          },
          { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
          { type: 'ping' },
        ].map(named),
        delta: named(block),
        closing: [
          { type: 'content_block_stop', index: 0 },
          {
            type: 'message_delta',
            delta: { stop_reason: 'end_turn', stop_sequence: null },
            usage: { output_tokens: scenario.frames },
          },
          { type: 'message_stop' },
        ].map(named),
      },
      scenario,
    ),
  };
}

function openai(scenario) {
  const usage = { prompt_tokens: 25, completion_tokens: scenario.frames, total_tokens: 25 + scenario.frames };
  const common = { id: 'chatcmpl-bench', created: 1_751_990_000, model: 'fake', system_fingerprint: 'fp_bench' };
  const piece = (delta, finish = null) =>
    unnamed({
      ...common,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    });
  const message = { role: 'assistant', content: ` ${word}`.repeat(scenario.frames), refusal: null };
  return {
    whole: whole({
      ...common,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
      usage,
    }),
    stream: stream(
      {
        opening: [piece({ role: 'assistant', content: '' })],
        delta: piece({ content: ` ${word}` }),
        closing: [
          piece({}, 'stop'),
          unnamed({ ...common, object: 'chat.completion.chunk', choices: [], usage }),
          'data: [DONE]\n\n',
        ],
      },
      scenario,
    ),
  };
}

/** The replies to a scenario, ready to be written, by the path that they are asked on. */
export const repliesTo = (scenario) => ({
  '/v1/messages': anthropic(scenario),
  '/v1/chat/completions': openai(scenario),
});
