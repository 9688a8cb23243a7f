import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { picture, until, versionOf } from '../fixtures.mjs';

const openaiAt = ({ gateway }) => createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
const compatibleAt = ({ gateway }) =>
  createOpenAICompatible({
    name: 'dragoman',
    baseURL: `${gateway.url}/v1`,
    apiKey: gateway.key,
    supportsStructuredOutputs: true,
  })('support-agent');

const getWeather = tool({
  description: 'How warm it is in a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `21 degrees in ${city}`,
});

const casesOf = (modelAt) => ({
  async plain(at) {
    const { text, usage } = await generateText({ model: modelAt(at), prompt: 'Hi', maxRetries: 0 });
    assert.equal(text, 'Hello from the vendor.');
    assert.equal(usage.totalTokens, 12);
  },
  async streamed(at) {
    let text = '';
    for await (const piece of streamText({ model: modelAt(at), prompt: 'Hi', maxRetries: 0 }).textStream) text += piece;
    assert.equal(text, 'Hello from the vendor.');
  },
  async aborted(at) {
    const before = at.vendor.left();
    const leaving = new AbortController();
    const asked = {
      model: modelAt(at),
      prompt: 'Tell me slowly',
      abortSignal: leaving.signal,
      onError: () => undefined,
    };
    for await (const piece of streamText(asked).textStream) if (piece !== '') leaving.abort();
    await until(() => at.vendor.left() > before, 'the vendor sees its client leave');
  },
  async tools(at) {
    const { text, steps } = await generateText({
      model: modelAt(at),
      prompt: 'What is the weather in Paris?',
      tools: { get_weather: getWeather },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    assert.equal(steps.length, 2);
    assert.match(text, /^It is .*21 degrees in Paris/);
  },
  async structured(at) {
    const schema = z.object({ city: z.string(), degrees: z.number() });
    const { output } = await generateText({
      model: modelAt(at),
      prompt: 'Weather?',
      output: Output.object({ schema }),
      maxRetries: 0,
    });
    assert.deepEqual(output, { city: 'Paris', degrees: 21 });
  },
  async images(at) {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'file', mediaType: 'image/png', data: picture.slice(picture.indexOf(',') + 1) },
    ];
    const { text } = await generateText({ model: modelAt(at), messages: [{ role: 'user', content }], maxRetries: 0 });
    assert.equal(text, `I see ${picture.slice(0, 15)}`);
  },
});

const ai = `ai ${versionOf('ai')}`;
const openai = `${ai} with @ai-sdk/openai ${versionOf('@ai-sdk/openai')}`;
export const libraries = [
  { name: openai, api: 'chat completions', cases: casesOf((at) => openaiAt(at).chat('support-agent')) },
  { name: openai, api: 'responses', cases: casesOf((at) => openaiAt(at)('support-agent')) },
  {
    name: `${ai} with @ai-sdk/openai-compatible ${versionOf('@ai-sdk/openai-compatible')}`,
    api: 'chat completions',
    cases: casesOf(compatibleAt),
  },
];
