import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import OpenAI4 from 'openai-4';
import OpenAI6 from 'openai-6';
import { z } from 'zod';
import { picture, until, versionOf, weatherTool } from '../fixtures.mjs';

const Weather = z.object({ city: z.string(), degrees: z.number() });

const clientOf =
  (Client) =>
  ({ gateway }) =>
    new Client({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });

const say = (content, more = {}) => ({ model: 'support-agent', messages: [{ role: 'user', content }], ...more });

/** `helpers` is where a client has its helper for streams. */
function chatCases(Client, helpers = (client) => client) {
  const open = clientOf(Client);
  return {
    async plain(at) {
      const { choices, usage } = await open(at).chat.completions.create(
        say('Hi', { temperature: 0.2, max_tokens: 99 }),
      );
      assert.equal(choices[0].message.content, 'Hello from the vendor.');
      assert.equal(usage.total_tokens, 12);
      const { temperature, max_tokens } = at.vendor.seen.at(-1);
      assert.deepEqual({ temperature, max_tokens }, { temperature: 0.2, max_tokens: 99 });
    },
    async streamed(at) {
      let text = '';
      let count;
      const options = { stream: true, stream_options: { include_usage: true } };
      for await (const { choices, usage } of await open(at).chat.completions.create(say('Hi', options))) {
        text += choices[0]?.delta.content ?? '';
        count = usage ?? count;
      }
      assert.equal(text, 'Hello from the vendor.');
      assert.equal(count.total_tokens, 12);
    },
    async aborted(at) {
      const before = at.vendor.left();
      const stream = await open(at).chat.completions.create(say('Tell me slowly', { stream: true }));
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      await until(() => at.vendor.left() > before, 'the vendor sees its client leave');
    },
    async tools(at) {
      const asked = say('What is the weather in Paris?', { tools: [weatherTool] });
      for (const stream of [false, true]) {
        const message = stream
          ? await helpers(open(at)).chat.completions.stream(asked).finalMessage()
          : (await open(at).chat.completions.create(asked)).choices[0].message;
        const [call] = message.tool_calls;
        assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['get_weather', { city: 'Paris' }]);
        const result = { role: 'tool', tool_call_id: call.id, content: '21 degrees' };
        const messages = [...asked.messages, message, result];
        const { choices } = await open(at).chat.completions.create({ ...asked, messages });
        assert.equal(choices[0].message.content, 'It is 21 degrees in Paris.');
      }
    },
    async images(at) {
      const content = [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: picture } },
      ];
      const { choices } = await open(at).chat.completions.create(say(content));
      assert.equal(choices[0].message.content, `I see ${picture.slice(0, 15)}`);
    },
  };
}

/** `parse` of the newest versions; zod's own of the older ones is another major. */
const structured = (Client) => async (at) => {
  const response_format = zodResponseFormat(Weather, 'weather');
  const { choices } = await clientOf(Client)(at).chat.completions.parse(say('Weather?', { response_format }));
  assert.deepEqual(choices[0].message.parsed, { city: 'Paris', degrees: 21 });
};

const open7 = clientOf(OpenAI);
const responses = {
  async plain(at) {
    const first = await open7(at).responses.create({ model: 'support-agent', input: 'Hi' });
    assert.equal(first.output_text, 'Hello from the vendor.');
    assert.equal(first.usage.total_tokens, 12);
    const next = { model: 'support-agent', input: 'And now?', previous_response_id: first.id };
    assert.equal((await open7(at).responses.create(next)).output_text, 'Hello from the vendor.');
    assert.equal(at.vendor.seen.at(-1).messages.filter(({ role }) => role === 'user').length, 2);
  },
  async streamed(at) {
    const stream = open7(at).responses.stream({ model: 'support-agent', input: 'Hi' });
    let text = '';
    for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
    assert.equal(text, 'Hello from the vendor.');
    assert.equal((await stream.finalResponse()).status, 'completed');
  },
  async aborted(at) {
    const before = at.vendor.left();
    const stream = await open7(at).responses.create({ model: 'support-agent', input: 'Tell me slowly', stream: true });
    for await (const { type } of stream) if (type === 'response.output_text.delta') break;
    await until(() => at.vendor.left() > before, 'the vendor sees its client leave');
  },
  async tools(at) {
    const { name, description, parameters } = weatherTool.function;
    const asked = {
      model: 'support-agent',
      tools: [{ type: 'function', name, description, parameters, strict: false }],
    };
    const input = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const { output } = await open7(at).responses.create({ ...asked, input });
    const call = output.find(({ type }) => type === 'function_call');
    assert.deepEqual(JSON.parse(call.arguments), { city: 'Paris' });
    const result = { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' };
    const answer = await open7(at).responses.create({ ...asked, input: [...input, call, result] });
    assert.equal(answer.output_text, 'It is 21 degrees in Paris.');
  },
  async structured(at) {
    const text = { format: zodTextFormat(Weather, 'weather') };
    const { output_parsed } = await open7(at).responses.parse({ model: 'support-agent', input: 'Weather?', text });
    assert.deepEqual(output_parsed, { city: 'Paris', degrees: 21 });
  },
  async images(at) {
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image_url: picture, detail: 'auto' },
    ];
    const { output_text } = await open7(at).responses.create({
      model: 'support-agent',
      input: [{ role: 'user', content }],
    });
    assert.equal(output_text, `I see ${picture.slice(0, 15)}`);
  },
};

const chat = 'chat completions';
export const libraries = [
  { name: `openai ${versionOf('openai-4')}`, api: chat, cases: chatCases(OpenAI4, ({ beta }) => beta) },
  {
    name: `openai ${versionOf('openai-6')}`,
    api: chat,
    cases: { ...chatCases(OpenAI6), structured: structured(OpenAI6) },
  },
  { name: `openai ${versionOf('openai')}`, api: chat, cases: { ...chatCases(OpenAI), structured: structured(OpenAI) } },
  { name: `openai ${versionOf('openai')}`, api: 'responses', cases: responses },
];
