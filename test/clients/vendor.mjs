import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * A vendor of language models that speaks chat completions as the real ones do: it calls the tool `get_weather` once where that is
 * offered, answers in the form that is asked for, tells what image it sees, and is slow where it is asked to be. `seen` holds the
 * bodies that it was sent, `left()` how many clients left before the end.
 */
export async function startVendor() {
  const seen = [];
  let left = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body = JSON.parse(text);
    seen.push(body);
    response.on('close', () => {
      if (!response.writableFinished) left += 1;
    });
    if (body.stream) await stream(response, body);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(whole(body)));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1`, seen, left: () => left, close: () => server.close() };
}

const textOf = ({ content }) =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(' ');

const imageIn = ({ content }) =>
  Array.isArray(content) ? content.find(({ type }) => type === 'image_url')?.image_url.url : undefined;

const degrees = 21;

function answerTo({ messages, tools = [], response_format: format }) {
  const last = messages.at(-1);
  const asked = messages.findLast(({ role }) => role === 'user') ?? last;
  if (last.role === 'tool') return { text: `It is ${textOf(last)} in Paris.` };
  if (tools.some(({ function: { name } }) => name === 'get_weather')) return { call: { city: 'Paris' } };
  if (format?.type === 'json_schema') return { text: JSON.stringify({ city: 'Paris', degrees }) };
  const image = imageIn(asked);
  if (image !== undefined) return { text: `I see ${image.slice(0, 15)}` };
  if (/slowly/.test(textOf(asked))) return { text: 'word '.repeat(400), gapMs: 25 };
  return { text: 'Hello from the vendor.', gapMs: /calmly/.test(textOf(asked)) ? 100 : 1 };
}

const head = (object) => ({ id: 'chatcmpl-1', object, created: 1_767_225_600, model: 'vendor-1' });
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const toolCall = (given) => ({
  id: 'call_1',
  type: 'function',
  function: { name: 'get_weather', arguments: JSON.stringify(given) },
});

function whole(body) {
  const { text, call } = answerTo(body);
  const message = {
    role: 'assistant',
    content: text ?? null,
    refusal: null,
    ...(call && { tool_calls: [toolCall(call)] }),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: call ? 'tool_calls' : 'stop' };
  return { ...head('chat.completion'), choices: [choice], usage };
}

async function stream(response, body) {
  const { text = '', call, gapMs = 1 } = answerTo(body);
  response.setHeader('content-type', 'text/event-stream');
  const send = (delta, reason = null, more = {}) =>
    response.write(
      `data: ${JSON.stringify({ ...head('chat.completion.chunk'), choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...more })}\n\n`,
    );
  send({ role: 'assistant', content: call ? null : '' });
  if (call) send({ tool_calls: [{ index: 0, ...toolCall(call) }] });
  for (const word of text.match(/\S+\s*/g) ?? []) {
    if (response.destroyed) return;
    send({ content: word });
    await pause(gapMs);
  }
  send({}, call ? 'tool_calls' : 'stop');
  if (body.stream_options?.include_usage) {
    response.write(`data: ${JSON.stringify({ ...head('chat.completion.chunk'), choices: [], usage })}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}
