import assert from 'node:assert/strict';
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { z } from 'zod';
import { picture, until, versionOf } from '../fixtures.mjs';

setTracingDisabled(true);

const runnerOf = ({ gateway }, useResponses) =>
  new Runner({
    modelProvider: new OpenAIProvider({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, useResponses }),
    tracingDisabled: true,
  });

const agentOf = (more = {}) => new Agent({ name: 'Guide', instructions: 'Help.', model: 'support-agent', ...more });

const getWeather = tool({
  name: 'get_weather',
  description: 'How warm it is in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 degrees in ${city}`,
});

const casesOf = (useResponses) => ({
  async plain(at) {
    const { finalOutput } = await runnerOf(at, useResponses).run(agentOf(), 'Hi');
    assert.equal(finalOutput, 'Hello from the vendor.');
  },
  async streamed(at) {
    const result = await runnerOf(at, useResponses).run(agentOf(), 'Hi', { stream: true });
    let text = '';
    for await (const piece of result.toTextStream()) text += piece;
    await result.completed;
    assert.equal(text, 'Hello from the vendor.');
  },
  async aborted(at) {
    const before = at.vendor.left();
    const leaving = new AbortController();
    const read = async () => {
      const options = { stream: true, signal: leaving.signal };
      const result = await runnerOf(at, useResponses).run(agentOf(), 'Tell me slowly', options);
      for await (const piece of result.toTextStream()) if (piece !== '') leaving.abort();
    };
    await read().catch(() => undefined);
    await until(() => at.vendor.left() > before, 'the vendor sees its client leave');
  },
  async tools(at) {
    const agent = agentOf({ tools: [getWeather] });
    const { finalOutput } = await runnerOf(at, useResponses).run(agent, 'What is the weather in Paris?');
    assert.equal(finalOutput, 'It is 21 degrees in Paris in Paris.');
  },
  async structured(at) {
    const outputType = z.object({ city: z.string(), degrees: z.number() });
    const { finalOutput } = await runnerOf(at, useResponses).run(agentOf({ outputType }), 'Weather?');
    assert.deepEqual(finalOutput, { city: 'Paris', degrees: 21 });
  },
  async images(at) {
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image: picture },
    ];
    const { finalOutput } = await runnerOf(at, useResponses).run(agentOf(), [{ role: 'user', content }]);
    assert.equal(finalOutput, `I see ${picture.slice(0, 15)}`);
  },
});

const name = `@openai/agents ${versionOf('@openai/agents')}`;
export const libraries = [
  { name, api: 'chat completions', cases: casesOf(false) },
  { name, api: 'responses', cases: casesOf(true) },
];
