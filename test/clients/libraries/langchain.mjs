import assert from 'node:assert/strict';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { picture, until, versionOf } from '../fixtures.mjs';

const modelOf = ({ gateway }, options = {}) =>
  new ChatOpenAI({
    model: 'support-agent',
    apiKey: gateway.key,
    maxRetries: 0,
    configuration: { baseURL: `${gateway.url}/v1` },
    ...options,
  });

const getWeather = tool(async ({ city }) => `21 degrees in ${city}`, {
  name: 'get_weather',
  description: 'How warm it is in a city.',
  schema: z.object({ city: z.string() }),
});

const casesOf = (options) => ({
  async plain(at) {
    assert.equal((await modelOf(at, options).invoke('Hi')).text, 'Hello from the vendor.');
  },
  async streamed(at) {
    let text = '';
    for await (const chunk of await modelOf(at, options).stream('Hi')) text += chunk.text;
    assert.equal(text, 'Hello from the vendor.');
  },
  async aborted(at) {
    const before = at.vendor.left();
    const leaving = new AbortController();
    const read = async () => {
      for await (const chunk of await modelOf(at, options).stream('Tell me slowly', { signal: leaving.signal })) {
        if (chunk.text !== '') leaving.abort();
      }
    };
    await read().catch(() => undefined);
    await until(() => at.vendor.left() > before, 'the vendor sees its client leave');
  },
  async tools(at) {
    const model = modelOf(at, options).bindTools([getWeather]);
    const asked = new HumanMessage('What is the weather in Paris?');
    const message = await model.invoke([asked]);
    const [call] = message.tool_calls;
    assert.deepEqual([call.name, call.args], ['get_weather', { city: 'Paris' }]);
    const result = new ToolMessage({ tool_call_id: call.id, content: await getWeather.invoke(call.args) });
    assert.equal((await model.invoke([asked, message, result])).text, 'It is 21 degrees in Paris in Paris.');
  },
  async structured(at) {
    const Weather = z.object({ city: z.string(), degrees: z.number() });
    const answer = await modelOf(at, options)
      .withStructuredOutput(Weather, { method: 'jsonSchema' })
      .invoke('Weather?');
    assert.deepEqual(answer, { city: 'Paris', degrees: 21 });
  },
  async images(at) {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: picture } },
    ];
    assert.equal(
      (await modelOf(at, options).invoke([new HumanMessage({ content })])).text,
      `I see ${picture.slice(0, 15)}`,
    );
  },
});

const name = `@langchain/openai ${versionOf('@langchain/openai')}`;
export const libraries = [
  { name, api: 'chat completions', cases: casesOf({}) },
  { name, api: 'responses', cases: casesOf({ useResponsesApi: true }) },
];
