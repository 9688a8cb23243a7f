import assert from 'node:assert/strict';
import { OpenAI } from '@llamaindex/openai';
import { tool } from 'llamaindex';
import { z } from 'zod';
import { picture, versionOf } from '../fixtures.mjs';

const modelOf = ({ gateway }) =>
  new OpenAI({ model: 'support-agent', apiKey: gateway.key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });

const getWeather = tool({
  name: 'get_weather',
  description: 'How warm it is in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `21 degrees in ${city}`,
});

const user = (content) => [{ role: 'user', content }];

const cases = {
  async plain(at) {
    const { message } = await modelOf(at).chat({ messages: user('Hi') });
    assert.equal(message.content, 'Hello from the vendor.');
  },
  async streamed(at) {
    let text = '';
    for await (const { delta } of await modelOf(at).chat({ messages: user('Hi'), stream: true })) text += delta;
    assert.equal(text, 'Hello from the vendor.');
  },
  async tools(at) {
    const { message } = await modelOf(at).chat({
      messages: user('What is the weather in Paris?'),
      tools: [getWeather],
    });
    const [call] = message.options.toolCall;
    assert.equal(call.name, 'get_weather');
    assert.deepEqual(typeof call.input === 'string' ? JSON.parse(call.input) : call.input, { city: 'Paris' });
  },
  async structured(at) {
    const responseFormat = z.object({ city: z.string(), degrees: z.number() });
    const { message } = await modelOf(at).chat({ messages: user('Weather?'), responseFormat });
    assert.deepEqual(JSON.parse(message.content), { city: 'Paris', degrees: 21 });
  },
  async images(at) {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: picture } },
    ];
    const { message } = await modelOf(at).chat({ messages: user(content) });
    assert.equal(message.content, `I see ${picture.slice(0, 15)}`);
  },
};

export const libraries = [
  { name: `@llamaindex/openai ${versionOf('@llamaindex/openai')}`, api: 'chat completions', cases },
];
