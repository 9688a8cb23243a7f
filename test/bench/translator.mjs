// The least that translating costs: chat completions in, Anthropic messages out, on node:http and undici with nothing else. No key
// is looked at, nothing is validated, counted or stored, and only the happy path is served.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.env.UPSTREAM);
const headers = { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
const finishReasons = { end_turn: 'stop', max_tokens: 'length' };

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => serve(JSON.parse(Buffer.concat(pieces)), response).catch(() => response.destroy()));
});

async function serve({ model, messages, stream = false, max_tokens: maxTokens = 1024 }, response) {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const body = JSON.stringify({
    model: 'fake',
    max_tokens: maxTokens,
    ...(system.length > 0 && { system: system.join('\n') }),
    messages: messages.filter(({ role }) => role !== 'system'),
    stream,
  });
  const upstream = await pool.request({ method: 'POST', path: '/v1/messages', headers, body });
  const common = { id: `chatcmpl-${crypto.randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  if (stream) passStream(upstream.body, response, { ...common, object: 'chat.completion.chunk' });
  else sendWhole(await upstream.body.json(), response, { ...common, object: 'chat.completion' });
}

const usageOf = ({ input_tokens: prompt, output_tokens: completion }) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

function sendWhole({ content, stop_reason: reason, usage }, response, common) {
  const message = { role: 'assistant', content: content.map(({ text }) => text).join('') };
  const choices = [{ index: 0, message, finish_reason: finishReasons[reason] }];
  const body = JSON.stringify({ ...common, choices, usage: usageOf(usage) });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function passStream(body, response, common) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const usage = { input_tokens: 0, output_tokens: 0 };
  const piece = (delta, reason = null) =>
    `data: ${JSON.stringify({ ...common, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  // Of frame after frame only the text differs.
  const [before, after] = piece({ content: '' }).split('""');
  const encode = {
    message_start(event) {
      Object.assign(usage, event.message.usage);
      return piece({ role: 'assistant', content: '' });
    },
    content_block_delta: ({ delta }) => before + JSON.stringify(delta.text) + after,
    message_delta(event) {
      Object.assign(usage, event.usage);
      return piece({}, finishReasons[event.delta.stop_reason]);
    },
    message_stop: () =>
      `data: ${JSON.stringify({ ...common, choices: [], usage: usageOf(usage) })}\n\ndata: [DONE]\n\n`,
  };
  let rest = '';
  body.setEncoding('utf8');
  // All that has come in one read of the socket; `data` would tell each HTTP chunk of it by itself.
  body.on('readable', () => {
    const text = body.read();
    if (text === null) return;
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop();
    let out = '';
    for (const block of blocks) {
      const event = JSON.parse(block.slice(block.indexOf('data: ') + 6));
      out += encode[event.type]?.(event) ?? '';
    }
    if (out !== '') response.write(out);
  });
  body.on('end', () => response.end());
  body.on('error', () => response.destroy());
}

server.listen(0, '127.0.0.1', () => console.log(`translator listens on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
